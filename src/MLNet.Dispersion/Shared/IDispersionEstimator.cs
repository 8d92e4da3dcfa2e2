using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What all estimators that fine-tune with the dispersion regulariser say about themselves: which columns, which options, and how the same one looks with other options. Implemented by this library's estimators alone. Thread-safe.</summary>
public interface IDispersionEstimator
{
    /// <summary>Gets the name of the pretrained language model.</summary>
    string BackboneName { get; }

    /// <summary>Gets the columns that are read and added.</summary>
    FineTuneColumns Columns { get; }

    /// <summary>Gets a copy of the options that it trains with, their seed filled in; null where a model is taken as it is.</summary>
    FineTuneOptions? TrainingOptions { get; }

    /// <summary>Makes the same estimator with other training options; this one stays as it is.</summary>
    /// <param name="options">The options. Copied.</param>
    /// <returns>An estimator of the same kind, backbone and columns.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    IEstimator<ITransformer> WithTrainingOptions(FineTuneOptions options);
}
