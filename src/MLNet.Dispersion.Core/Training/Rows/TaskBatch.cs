namespace MLNet.Dispersion;

/// <summary>One micro-batch: tokens, and the rows that they are of, by which the objective finds their targets.</summary>
public sealed record TaskBatch
{
    /// <summary>Gets the padded sequences: one a row, or for tasks whose rows have several those of the first row, then those of the next.</summary>
    public required TokenBatch Tokens { get; init; }

    /// <summary>Gets the place of each row among all rows of the data, from 0.</summary>
    public required IReadOnlyList<int> Rows { get; init; }
}
