using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Adds the vectors of a text column by an embedding model that is there already, as features for any trainer: nothing is trained here.</summary>
/// <remarks>
/// A fitted model that is handed over stays its owner's, and must live as long as what this fits; a pretrained one is loaded by each <see cref="TextEstimator{TTransformer}.Fit"/>, and belongs to the transformer.
/// Immutable and thread-safe.
/// </remarks>
public sealed class TextEmbeddingEstimator : TextEstimator<FineTuneEmbeddingsWithDispersionTransformer>
{
    private const int PromisedSize = 1;

    private readonly EmbeddingColumns _columns;
    private readonly Func<FineTuneEmbeddingsWithDispersionTransformer> _open;

    private TextEmbeddingEstimator(IHostEnvironment environment, EmbeddingColumns columns, Func<FineTuneEmbeddingsWithDispersionTransformer> open)
        : base(environment, nameof(TextEmbeddingEstimator))
    {
        columns.Validate();
        (_columns, _open) = (columns, open);
    }

    /// <summary>Takes a fitted embedding model.</summary>
    internal static TextEmbeddingEstimator Of(IHostEnvironment environment, string output, string input, FineTuneEmbeddingsWithDispersionTransformer fitted)
    {
        ArgumentNullException.ThrowIfNull(fitted);
        return new(environment, EmbeddingColumns.OfTexts(input, output), () => fitted.ForColumn(input, output));
    }

    /// <summary>Takes a pretrained model.</summary>
    internal static TextEmbeddingEstimator Of(IHostEnvironment environment, string output, string input, ModelSource model)
    {
        ArgumentNullException.ThrowIfNull(model);
        EmbeddingColumns columns = EmbeddingColumns.OfTexts(input, output);
        return new(environment, columns, () => FineTuneEmbeddingsWithDispersionTransformer.Open(environment, columns, model));
    }

    private protected override DataViewSchema Promise(SchemaShape input)
    {
        _columns.CheckTexts(Host, input);
        return AddedColumns.Alone((builder, setId) => _columns.AddTo(builder, setId, PromisedSize));
    }

    private protected override FineTuneEmbeddingsWithDispersionTransformer FitChecked(IDataView input) => _open();
}
