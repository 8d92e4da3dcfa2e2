using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>A pipeline with one fine-tuning in it, which can be made again with other training options. Immutable and thread-safe, as far as its estimators are.</summary>
public sealed class DispersionPipeline
{
    private readonly IEstimator<ITransformer> _estimator;

    private DispersionPipeline(IEstimator<ITransformer> estimator, IDispersionEstimator fineTuning, IReadOnlyList<string> steps) =>
        (_estimator, FineTuning, Steps) = (estimator, fineTuning, steps);

    /// <summary>Gets the estimator that fine-tunes.</summary>
    public IDispersionEstimator FineTuning { get; }

    /// <summary>Gets the types of the pipeline's estimators, in order; those of chains in chains in their place.</summary>
    public IReadOnlyList<string> Steps { get; }

    /// <summary>Looks through a pipeline: an estimator, or a chain of them, chains in chains included.</summary>
    /// <param name="estimator">The pipeline.</param>
    /// <exception cref="ArgumentException">No estimator in it fine-tunes with dispersion, or more than one does.</exception>
    /// <exception cref="NotSupportedException">This version of ML.NET does not let chains be looked through.</exception>
    public static DispersionPipeline Of(IEstimator<ITransformer> estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        IEstimator<ITransformer>[] parts = [.. Parts(estimator)];
        string[] steps = [.. parts.Select(part => part.GetType().Name)];
        IDispersionEstimator[] found = [.. parts.OfType<IDispersionEstimator>().Where(part => part.TrainingOptions is not null)];
        return found switch
        {
            [var one] => new(estimator, one, steps),
            [] => throw new ArgumentException(
                $"No estimator of the pipeline fine-tunes with dispersion; it has {(steps.Length == 0 ? "none" : string.Join(", ", steps))}. Append one, as in ml.Transforms.Conversion.MapValueToKey(\"Label\").FineTuneWithDispersion(ml).", nameof(estimator)),
            _ => throw new ArgumentException(
                $"{found.Length} estimators of the pipeline fine-tune with dispersion ({string.Join(", ", steps)}), so it is not clear which is meant. Fit the others first, and put what they were fitted to in front.", nameof(estimator)),
        };
    }

    /// <summary>Makes the pipeline with other training options.</summary>
    /// <param name="change">Changes a copy of the options that the fine-tuning has.</param>
    /// <returns>A pipeline of the same estimators, but for the one that fine-tunes; this one stays as it is.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    public IEstimator<ITransformer> With(Action<FineTuneOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        FineTuneOptions options = FineTuning.TrainingOptions!;
        change(options);
        return Rebuilt(_estimator, FineTuning.WithTrainingOptions(options));
    }

    private static IEnumerable<IEstimator<ITransformer>> Parts(IEstimator<ITransformer> estimator) =>
        ChainParts.Of(estimator) is { } parts ? parts.SelectMany(part => Parts(part.Estimator)) : [estimator];

    private IEstimator<ITransformer> Rebuilt(IEstimator<ITransformer> estimator, IEstimator<ITransformer> fineTuning)
    {
        if (ChainParts.Of(estimator) is not { } parts)
        {
            return ReferenceEquals(estimator, FineTuning) ? fineTuning : estimator;
        }

        var chain = new EstimatorChain<ITransformer>();
        foreach (ChainPart part in parts)
        {
            chain = chain.Append(Rebuilt(part.Estimator, fineTuning), part.Scope);
            chain = part.CacheIn is { } environment ? chain.AppendCacheCheckpoint(environment) : chain;
        }

        return chain;
    }
}
