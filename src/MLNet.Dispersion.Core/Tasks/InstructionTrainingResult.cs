namespace MLNet.Dispersion;

/// <summary>What training on conversations did, and what became of the rows. Immutable.</summary>
public sealed record InstructionTrainingResult
{
    /// <summary>Gets how training went.</summary>
    public required FineTuneResult Training { get; init; }

    /// <summary>Gets the number of training rows, those that hold several conversations counted once.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets how many conversations lost tokens because they are longer than a row.</summary>
    public required int TruncatedRows { get; init; }

    /// <summary>Gets the conversations, from 0, that were left out because nothing of their answers was within a row.</summary>
    public required IReadOnlyList<int> RowsLeftOut { get; init; }
}
