using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>How rows of one schema get their added columns: the same for bulk reading and for prediction engines.</summary>
/// <param name="Host">For warnings, and to see whether the context was cancelled.</param>
/// <param name="Schema">The columns.</param>
/// <param name="NewValues">Makes the values of one cursor or row.</param>
/// <param name="Done">What is done to texts, for warnings: <c>scored</c>, …</param>
internal sealed record RowScoring(IHost Host, ScoringSchema Schema, Func<AddedValues> NewValues, string Done)
{
    /// <summary>The warning of one pass over the data.</summary>
    internal TruncationWarning NewWarning() => new(Host, Schema.TextColumns, Done);
}
