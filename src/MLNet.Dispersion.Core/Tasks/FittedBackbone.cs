namespace MLNet.Dispersion;

/// <summary>What training, or loading, makes of a backbone, whatever head stands on it: the language model, how its texts become tokens, and how training went. Owns the model.</summary>
/// <param name="model">The language model; owned from then on.</param>
/// <param name="encoder">Makes tokens of texts.</param>
internal abstract class FittedBackbone(PretrainedLanguageModel model, TextEncoder encoder) : IDisposable
{
    internal PretrainedLanguageModel Model => model;

    internal TextEncoder Encoder => encoder;

    /// <summary>Runs the network over texts that are scored.</summary>
    internal ScoringSweep Sweep { get; } = new(model);

    /// <summary>The numbers that the head gives.</summary>
    internal abstract int OutputCount { get; }

    internal Precision ScoringPrecision { get; init; } = Precision.Float32;

    internal AdapterSaving AdapterSaving { get; init; } = AdapterSaving.Everything;

    internal FineTuneResult? TrainingResult { get; init; }

    internal IReadOnlyList<GeometrySnapshot> GeometryHistory { get; init; } = [];

    internal int TruncatedTrainingRows { get; init; }

    /// <summary>The names of the head's numbers; empty where nobody gave any.</summary>
    internal IReadOnlyList<string> LabelNames { get; set; } = [];

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Sweep.Dispose();
        model.Dispose();
    }

    /// <summary>Loads a model and makes of it what owns it from then on; frees it where that fails.</summary>
    /// <param name="source">The model's files.</param>
    /// <param name="device">As the loading of fitted models has it.</param>
    /// <param name="make">Makes it.</param>
    private protected static TFitted Open<TFitted>(ModelSource source, string device, Func<PretrainedLanguageModel, TFitted> make)
        where TFitted : FittedBackbone
    {
        TorchRuntime.EnsureLoaded();
        var model = PretrainedLanguageModel.Load(source, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(device) });
        try
        {
            return make(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
