using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A backbone as a run trains it, until this is disposed: then everything is as the caller had it, and the backbone in evaluation mode.</summary>
internal sealed class TrainingMode : IDisposable
{
    private readonly LanguageBackbone _backbone;
    private readonly ScalarType _computeType;
    private readonly double? _dropoutProbability;
    private readonly Generator? _dropoutGenerator;
    private readonly EmbeddingNoise? _noise;
    private readonly bool _checkpointing;

    /// <param name="backbone">The backbone.</param>
    /// <param name="options">How to train.</param>
    /// <param name="device">Where the backbone is.</param>
    /// <param name="dropout">Draws dropout masks.</param>
    /// <param name="noise">Is added to token embeddings; null for none.</param>
    internal TrainingMode(LanguageBackbone backbone, FineTuneOptions options, Device device, Generator dropout, EmbeddingNoise? noise)
    {
        _backbone = backbone;
        _computeType = backbone.ComputeType;
        _dropoutProbability = backbone.DropoutProbability;
        _dropoutGenerator = backbone.DropoutGenerator;
        _noise = backbone.Context.EmbeddingNoise;
        _checkpointing = backbone.ActivationCheckpointing;
        backbone.ComputeType = PrecisionResolver.ComputeType(options.Precision, device);
        backbone.DropoutProbability = options.Dropout ?? _dropoutProbability;
        backbone.DropoutGenerator = dropout;
        backbone.Context.EmbeddingNoise = noise;
        backbone.ActivationCheckpointing = options.ActivationCheckpointing;
        backbone.train();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _backbone.eval();
        _backbone.ComputeType = _computeType;
        _backbone.DropoutProbability = _dropoutProbability;
        _backbone.DropoutGenerator = _dropoutGenerator;
        _backbone.Context.EmbeddingNoise = _noise;
        _backbone.ActivationCheckpointing = _checkpointing;
    }
}
