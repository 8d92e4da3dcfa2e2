using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>How <see cref="PretrainedLanguageModel.Load"/> reads a model.</summary>
/// <remarks>Not thread-safe; <c>Load</c> reads it once, at its beginning.</remarks>
public sealed class ModelLoadOptions : IOptions
{
    /// <summary>Gets or sets the device that holds the weights; null (default) for the CPU.</summary>
    public Device? Device { get; set; }

    /// <summary>Gets or sets the files of a low-rank adapter in PEFT's format that the model is to carry beside its weights; null (default) for the one that lies with the model's own files, if there is one.</summary>
    public FileSource? Adapter { get; set; }

    /// <summary>Makes a copy.</summary>
    public ModelLoadOptions Clone() => (ModelLoadOptions)MemberwiseClone();

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
    }
}
