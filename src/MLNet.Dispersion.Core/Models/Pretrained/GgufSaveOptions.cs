namespace MLNet.Dispersion;

/// <summary>How <see cref="PretrainedLanguageModel.SaveGguf"/> writes a model.</summary>
/// <remarks>Not thread-safe; <c>SaveGguf</c> reads a copy.</remarks>
public sealed class GgufSaveOptions : IOptions
{
    /// <summary>Gets or sets how matrices are stored. Default <see cref="GgufWeightType.F16"/>.</summary>
    public GgufWeightType Type { get; set; } = GgufWeightType.F16;

    /// <summary>
    /// Gets or sets the longest text, in tokens, that the file says the model reads; from 1 to the model's own. Default null: the model's own. Where a model looks back over a window for which GGUF has no place,
    /// as Mistral's first ones do, a length of that window makes a file that is right.
    /// </summary>
    public int? ContextLength { get; set; }

    /// <summary>Makes a copy.</summary>
    public GgufSaveOptions Clone() => (GgufSaveOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names it, the value and the range.</exception>
    public void Validate() => new Require(nameof(GgufSaveOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Defined(Type, name: nameof(Type));
        require.AtLeast(ContextLength, 1, ", or null for the model's own");
    }
}
