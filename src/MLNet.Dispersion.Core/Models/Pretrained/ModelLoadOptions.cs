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

    /// <summary>
    /// Gets or sets whether the matrices of a GGUF file that are stored as Q8_0 or Q4_1 stay the file's blocks in memory: 8.5 or 5 bits a weight instead of 32. The model is then one to write, score and embed with. Texts are written straight from the
    /// blocks, what is multiplied with them rounded to 8 bits as llama.cpp does; prompts are read in float32, one matrix unpacked at a time, which takes longer for short ones. It cannot be trained, saved or given an adapter. Matrices of other
    /// types are unpacked. Default false: all weights become float32. On the CPU, from <see cref="ModelSource.FromGguf"/>.
    /// </summary>
    public bool KeepQuantized { get; set; }

    /// <summary>Makes a copy.</summary>
    public ModelLoadOptions Clone() => (ModelLoadOptions)MemberwiseClone();

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
    }
}
