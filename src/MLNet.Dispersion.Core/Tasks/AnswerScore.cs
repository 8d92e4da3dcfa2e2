namespace MLNet.Dispersion;

/// <summary>What a model says of the answers of one instruction.</summary>
/// <param name="LogLikelihood">Sum over their tokens of the natural logarithm of their probability.</param>
/// <param name="Tokens">How many tokens they have, within the model's context.</param>
/// <param name="RightTokens">How many of them were the likeliest ones.</param>
/// <param name="Truncated">Whether the instruction was cut.</param>
public readonly record struct AnswerScore(double LogLikelihood, int Tokens, int RightTokens, bool Truncated);
