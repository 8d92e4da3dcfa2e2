using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>A pipeline with one fine-tuning in it.</summary>
/// <param name="Before">What prepares the rows; null for nothing.</param>
/// <param name="Tuning">The fine-tuning.</param>
/// <param name="FitBeside">Fits it with rows to choose the best weights by.</param>
/// <param name="After">What turns answers into names; null for nothing.</param>
internal sealed record RowPipeline(IEstimator<ITransformer>? Before, IEstimator<ITransformer> Tuning, Func<IDataView, IDataView, ITransformer> FitBeside, IEstimator<ITransformer>? After)
{
    /// <summary>The pipeline around an estimator.</summary>
    public static RowPipeline Of<T>(FineTuneEstimator<T> estimator, IEstimator<ITransformer>? before = null, IEstimator<ITransformer>? after = null)
        where T : TextTransformer => new(before, estimator, estimator.Fit, after);

    /// <summary>All of it, as one estimator.</summary>
    public IEstimator<ITransformer> Whole => new[] { Before, Tuning, After }.OfType<IEstimator<ITransformer>>()
        .Aggregate(new EstimatorChain<ITransformer>(), (chain, part) => chain.Append(part));

    /// <summary>Trains.</summary>
    /// <param name="train">The rows.</param>
    /// <param name="validation">Rows to choose the best weights by; null to hold some of the training rows out.</param>
    /// <returns>The fitted pipeline, and the part with the model in it.</returns>
    public (TransformerChain<ITransformer> Whole, TextTransformer Model) Fit(IDataView train, IDataView? validation)
    {
        ITransformer? before = Before?.Fit(train);
        IDataView prepared = before?.Transform(train) ?? train;
        ITransformer tuned = validation is null ? Tuning.Fit(prepared) : FitBeside(prepared, before?.Transform(validation) ?? validation);
        ITransformer? after = After?.Fit(tuned.Transform(prepared));
        return (new TransformerChain<ITransformer>([.. new[] { before, tuned, after }.OfType<ITransformer>()]), (TextTransformer)tuned);
    }
}
