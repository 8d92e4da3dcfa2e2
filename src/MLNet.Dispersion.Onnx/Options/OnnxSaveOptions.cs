namespace MLNet.Dispersion;

/// <summary>How a model is written as an ONNX file.</summary>
/// <remarks>Not thread-safe; saving reads a copy.</remarks>
public sealed class OnnxSaveOptions
{
    // A file of protobuf ends at 2 GiB; the graph itself needs some of it.
    private const long MostBytes = 2_000_000_000;

    /// <summary>Gets or sets how matrices are stored. Default <see cref="OnnxWeightType.Float32"/>.</summary>
    public OnnxWeightType Type { get; set; }

    /// <summary>Gets or sets what the file computes. Default null: what the model is for, which is its task's head where it has one, else next tokens where it predicts them, else hidden states.</summary>
    public OnnxContent? Content { get; set; }

    /// <summary>
    /// Gets or sets whether a language model takes keys and values of earlier tokens (<c>past_key_values.N.key</c>, …) and gives those of all (<c>present.N.key</c>, …), so that text is written token by token.
    /// Default false: whole texts alone.
    /// </summary>
    public bool HasPast { get; set; }

    /// <summary>Gets or sets how the states of a text's tokens become one vector (<see cref="OnnxContent.Embeddings"/>). Default null: <see cref="PretrainedLanguageModel.DefaultPooling"/>.</summary>
    public TextPooling? Pooling { get; set; }

    /// <summary>Gets or sets whether these vectors are scaled to the length 1. Default null: <see cref="PretrainedLanguageModel.DefaultNormalize"/>.</summary>
    public bool? Normalize { get; set; }

    /// <summary>Gets or sets the most bytes of weights that the file itself holds; with more they stand in a second one beside it, which is named as the file with <c>_data</c> behind it. From 0 to 2,000,000,000, the default.</summary>
    public long MaxFileBytes { get; set; } = MostBytes;

    /// <summary>Makes a copy.</summary>
    public OnnxSaveOptions Clone() => (OnnxSaveOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names it, the value and the range.</exception>
    public void Validate()
    {
        RequireDefined<OnnxWeightType>(Type, nameof(Type));
        RequireDefined(Content, nameof(Content));
        RequireDefined(Pooling, nameof(Pooling));
        if (MaxFileBytes is < 0 or > MostBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxFileBytes), MaxFileBytes, FormattableString.Invariant($"OnnxSaveOptions.MaxFileBytes is {MaxFileBytes}; it must be from 0 to {MostBytes}."));
        }

        if (Pooling is TextPooling.Attention or TextPooling.Family)
        {
            throw new ArgumentOutOfRangeException(nameof(Pooling), Pooling, $"OnnxSaveOptions.Pooling is {Pooling}, which is a trained head's; choose one that states alone decide.");
        }
    }

    private static void RequireDefined<T>(T? value, string name)
        where T : struct, Enum
    {
        if (value is { } chosen && !Enum.IsDefined(chosen))
        {
            throw new ArgumentOutOfRangeException(name, value, $"OnnxSaveOptions.{name} is {value}; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }
}
