namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>One run's result.</summary>
internal sealed record Outcome(string Contender, string Model, string Set, string Size, bool Fresh, int Seed, Scores Scores, double Seconds, DateTime Done);
