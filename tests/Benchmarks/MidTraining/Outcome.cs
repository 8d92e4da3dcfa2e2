namespace MLNet.Dispersion.Benchmarks.MidTraining;

/// <summary>One run's result.</summary>
/// <param name="Arm">What was done.</param>
/// <param name="Model">To which model.</param>
/// <param name="Training">On what, in words.</param>
/// <param name="Measures">Of what it was measured, in words.</param>
/// <param name="Seed">Of the order of blocks and the tokens that are drawn.</param>
/// <param name="Figures">What was measured afterwards, by name.</param>
/// <param name="Items">The benchmarks' items, by their names, with whether the answer was right; empty where none were asked.</param>
/// <param name="Seconds">Of training.</param>
/// <param name="Done">When, in universal time.</param>
internal sealed record Outcome(string Arm, string Model, string Training, string Measures, int Seed, IReadOnlyDictionary<string, double> Figures, IReadOnlyDictionary<string, bool> Items, double Seconds, DateTime Done);
