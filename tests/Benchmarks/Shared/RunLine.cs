namespace MLNet.Dispersion.Benchmarks;

/// <summary>One run's figure.</summary>
/// <param name="Set">The data, and how much of them.</param>
/// <param name="Way">What was done with them.</param>
/// <param name="Seed">Of the rows that were drawn, and of training.</param>
/// <param name="Figure">How well it did.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Done">When it ended.</param>
internal sealed record RunLine(string Set, string Way, int Seed, double Figure, double Seconds, DateTime Done);
