namespace MLNet.Dispersion;

/// <summary>What is made of texts by a <see cref="TextFeatureExtractor"/>.</summary>
/// <remarks>Not thread-safe while it is edited; the extractor takes a copy.</remarks>
public sealed class TextFeatureOptions : IOptions
{
    /// <summary>Gets or sets how hidden states become one vector. Default <see cref="TextPooling.Mean"/>.</summary>
    public TextPooling Pooling { get; set; } = TextPooling.Mean;

    /// <summary>Gets or sets whether vectors are scaled to the Euclidean length 1. Default true. The vector of a text without tokens stays zero.</summary>
    public bool Normalize { get; set; } = true;

    /// <summary>Gets or sets the most tokens of a text that are looked at, the rest is cut off; never more than the model's context holds behind the token that begins texts. Default null: as many as that. At least 1.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>A copy, which later edits do not reach.</summary>
    public TextFeatureOptions Clone() => (TextFeatureOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(TextFeatureOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Defined(Pooling);
        require.AtLeast(MaxTokens, 1, ", or null for as many as the model's context holds");
    }
}
