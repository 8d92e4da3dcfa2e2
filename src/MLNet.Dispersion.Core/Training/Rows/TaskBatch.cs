namespace MLNet.Dispersion;

/// <summary>One micro-batch: tokens, and the rows that they are of, by which the objective finds their targets.</summary>
/// <param name="Tokens">The padded sequences, one a row.</param>
/// <param name="Rows">The place of each among all rows of the data, from 0.</param>
public sealed record TaskBatch(TokenBatch Tokens, IReadOnlyList<int> Rows);
