namespace MLNet.Dispersion;

/// <summary>What the model says of a <see cref="ScoredSequence"/>.</summary>
/// <param name="LogLikelihood">Sum over the scored tokens of the natural logarithm of their probability.</param>
/// <param name="IsGreedy">Whether every scored token was the most likely one.</param>
internal readonly record struct SequenceScore(double LogLikelihood, bool IsGreedy);
