using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What <see cref="PretrainedLanguageModel.Save(FileSink, ModelSaveOptions?)"/> writes.</summary>
/// <remarks>Not thread-safe; <c>Save</c> reads a copy.</remarks>
public sealed class ModelSaveOptions : IOptions
{
    /// <summary>The most bytes of weights in one file, unless told otherwise: 5 GB, as Hugging Face's libraries write.</summary>
    public const long DefaultMaxShardBytes = 5_000_000_000;

    /// <summary>Gets or sets the number type of the stored weights: Float32 (default), Float16 or BFloat16. With <see cref="Adapter"/> set, Float32 alone: an adapter fits the very weights that it was trained on.</summary>
    public ScalarType Type { get; set; } = ScalarType.Float32;

    /// <summary>Gets or sets the most bytes of weights in one file, at least 1; more are written as shards. Default <see cref="DefaultMaxShardBytes"/>.</summary>
    public long MaxShardBytes { get; set; } = DefaultMaxShardBytes;

    /// <summary>
    /// Gets or sets what becomes of a low-rank adapter: null (default) writes it merged into the weights, whether it is merged or not, as an ordinary model;
    /// <see cref="AdapterSaving.Everything"/> writes the base and PEFT's files beside it; <see cref="AdapterSaving.AdapterOnly"/> writes PEFT's files alone, with name and hash of the base.
    /// </summary>
    public AdapterSaving? Adapter { get; set; }

    /// <summary>
    /// Gets or sets the pooling by which sentence-transformers is to make vectors of an encoder's saved files (modules.json and what it names): one that it knows, thus neither
    /// <see cref="TextPooling.Attention"/> nor <see cref="TextPooling.Family"/>. Default null: as the model's own files said, and no such files where they did not.
    /// </summary>
    public TextPooling? Pooling { get; set; }

    /// <summary>Gets or sets whether those vectors are scaled to the Euclidean length 1. Default null: as the model's own files said, where <see cref="Pooling"/> is null; else true. Null where Pooling is.</summary>
    public bool? Normalize { get; set; }

    /// <summary>The most tokens of a text that sentence-transformers is to read, where <see cref="Pooling"/> is set; null for what the model's own files said, or its context.</summary>
    internal int? MaxTokens { get; set; }

    /// <summary>The number type as config.json says it.</summary>
    internal string TypeName => Type switch
    {
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        _ => "float32",
    };

    /// <summary>Makes a copy.</summary>
    public ModelSaveOptions Clone() => (ModelSaveOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names it, the value and the range.</exception>
    public void Validate() => new Require(nameof(ModelSaveOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.That(Type is ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16, Type, "Float32, Float16 or BFloat16: weights cannot be stored otherwise");
        require.That(MaxShardBytes >= 1, MaxShardBytes, "at least 1");
        if (Pooling is { } pooling)
        {
            require.Defined(pooling, name: nameof(Pooling));
            require.That(SentenceModules.Says(pooling), pooling, "a pooling that sentence-transformers knows (FirstToken for the state of [CLS])", nameof(Pooling));
        }
        else
        {
            require.That(Normalize is null, Normalize, "null where Pooling is null: the model's own files say both", nameof(Normalize));
        }

        if (Adapter is { } adapter)
        {
            require.Defined(adapter, name: nameof(Adapter));
            require.That(Type == ScalarType.Float32, Type, "Float32 where the adapter is written apart; leave Adapter null to write it merged in another type");
        }
    }
}
