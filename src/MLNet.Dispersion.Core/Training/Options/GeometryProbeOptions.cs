namespace MLNet.Dispersion;

/// <summary>What is measured of the hidden states' geometry while a backbone is trained: the same few texts, before, after and, if wanted, in between.</summary>
/// <remarks>Measured in float32 and evaluation mode, whatever training computes in; draws no random numbers, so that the weights do not depend on it.</remarks>
public sealed class GeometryProbeOptions : IOptions
{
    /// <summary>Gets or sets the number of optimizer steps from one measurement to the next. Default null: only before the first step and after the last. At least 1.</summary>
    public int? EverySteps { get; set; }

    /// <summary>Gets or sets the texts to measure. Default null: training rows, evenly spread over the data. At least one must have two tokens.</summary>
    public IReadOnlyList<string>? Texts { get; set; }

    /// <summary>Gets or sets the most texts that are measured. Default 16, a compromise between noise and time. At least 1.</summary>
    public int MaxTexts { get; set; } = 16;

    /// <summary>Gets or sets the most tokens of a text; the rest is cut off. Default 128. At least 2.</summary>
    public int MaxTokens { get; set; } = 128;

    /// <summary>Gets or sets whether to count cosine histograms as well, for heat maps of the training's course. Default true.</summary>
    public bool Histograms { get; set; } = true;

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public GeometryProbeOptions Clone()
    {
        var copy = (GeometryProbeOptions)MemberwiseClone();
        copy.Texts = Texts is null ? null : [.. Texts];
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(GeometryProbeOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(EverySteps, 1, ", or null for before and after alone");
        require.That(Texts is null or { Count: > 0 }, "empty", "at least one text, or null for training rows", nameof(Texts));
        require.That(Texts is null || Texts.All(text => text is not null), "null in one entry", "texts, none of them null", nameof(Texts));
        require.AtLeast(MaxTexts, 1);
        require.AtLeast(MaxTokens, 2);
    }
}
