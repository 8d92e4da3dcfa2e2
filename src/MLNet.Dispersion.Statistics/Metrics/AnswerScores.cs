namespace MLNet.Dispersion.Statistics;

/// <summary>Means over questions, each 0..1; NaN where there is no question.</summary>
/// <param name="Exact">The share of answers that equal a right one after normalisation.</param>
/// <param name="F1">The mean F1 of words.</param>
/// <param name="Count">How many questions there are.</param>
public sealed record AnswerScores(double Exact, double F1, int Count);
