namespace MLNet.Dispersion;

/// <summary>What a <see cref="CondensationReport"/> measures. The defaults are the published sampling: 100 texts of up to 512 tokens.</summary>
/// <remarks>Not thread-safe while it is edited; it is read once, when measuring starts.</remarks>
public sealed class CondensationReportOptions : IOptions
{
    /// <summary>Gets or sets what the report calls the model. Default null: the model's own name (for a fitted ML.NET model: its backbone's, with "fine-tuned").</summary>
    public string? ModelName { get; set; }

    /// <summary>Gets or sets the most texts that are measured. Default 100 (published). At least 1.</summary>
    public int MaxTexts { get; set; } = 100;

    /// <summary>Gets or sets the most tokens of a text, the rest is cut off; never more than the model's context length. Default 512 (published). At least 2.</summary>
    public int MaxTokens { get; set; } = 512;

    /// <summary>
    /// Gets or sets the fewest tokens of a text; shorter ones are counted (<see cref="CondensationProfile.ShortTexts"/>) and left out. Default 2, since one
    /// token has no pair. Equal to <see cref="MaxTokens"/>, all texts have the same length and the published entry-by-entry averaging is defined.
    /// 2..<see cref="MaxTokens"/>.
    /// </summary>
    public int MinTokens { get; set; } = 2;

    /// <summary>Gets or sets the seed of the sample. Null (default): the first texts are taken, and no more are read than needed. A number: a uniform sample, drawn with this seed, of
    /// all texts that have <see cref="MinTokens"/>; all are read, the sample alone is held. The same seed and texts give the same sample on every machine.</summary>
    public int? SampleSeed { get; set; }

    /// <summary>
    /// Gets or sets of how many of the texts (spread evenly) the singular values are taken as well: in float64 they cost more than a small model's forward pass.
    /// Default 2. 0 for none; <see cref="int.MaxValue"/> for all.
    /// </summary>
    public int SpectrumTexts { get; set; } = 2;

    /// <summary>
    /// Gets or sets of how many of the texts (spread evenly) it is measured what carries the cone (<see cref="CondensationReport.Cone"/>), which takes one or a few more
    /// passes of these texts through the model. Default 16. 0 for none; <see cref="int.MaxValue"/> for all.
    /// </summary>
    public int ConeTexts { get; set; } = 16;

    /// <summary>Gets or sets whether to count the 128-bin histograms that the heat map shows. Default true.</summary>
    public bool Histograms { get; set; } = true;

    /// <summary>Gets or sets where a model is loaded to that is not in memory yet: <c>auto</c> (default: CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, ….</summary>
    public string Device { get; set; } = "auto";

    /// <summary>
    /// Gets or sets whether a model's weights are read one layer at a time, for models larger than memory; the report is the same, bit for bit. Default false. In memory are then the largest layer's weights in
    /// float32 (or the token embedding's, whichever is larger) and the hidden states of as many texts as <see cref="MaxStateBytes"/> holds. On the CPU; for models that are named by their
    /// files and whose architecture is described by a spec, without an adapter.
    /// </summary>
    public bool LayerByLayer { get; set; }

    /// <summary>
    /// Gets or sets the most bytes of hidden states that <see cref="LayerByLayer"/> keeps: 4 for each token and feature. Texts beyond it wait for another run through all layers, whose weights are
    /// then read again; one text is always taken. Default 1 GiB (100 texts of 512 tokens up to 5,242 features). At least 1.
    /// </summary>
    public long MaxStateBytes { get; set; } = 1L << 30;

    /// <summary>Gets or sets who is told about every text (with <see cref="LayerByLayer"/> in every layer), on the measuring thread. Default null.</summary>
    public IProgress<CondensationProgress>? Progress { get; set; }

    /// <summary>Gets or sets the token that is checked before each text, when it is read and when it is measured.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Makes a copy, which later edits do not reach.</summary>
    public CondensationReportOptions Clone() => (CondensationReportOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(CondensationReportOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(MaxTexts, 1);
        require.AtLeast(MaxTokens, 2, ", since one token has no pair");
        require.That(MinTokens >= 2 && MinTokens <= MaxTokens, MinTokens, FormattableString.Invariant($"from 2 to MaxTokens ({MaxTokens})"));
        require.AtLeast(SpectrumTexts, 0, " (none); int.MaxValue is for all");
        require.AtLeast(ConeTexts, 0, " (none); int.MaxValue is for all");
        require.That(MaxStateBytes >= 1, MaxStateBytes, "at least 1");
        require.That(!LayerByLayer || Device is "auto" or "cpu", Device, "auto or cpu with LayerByLayer: layers are read one after the other on the CPU alone", nameof(Device));
        require.That(!string.IsNullOrWhiteSpace(Device), "empty", "auto, cpu, cuda or another device", nameof(Device));
    }

    /// <summary>Checks that a model may be measured that is in memory already.</summary>
    /// <exception cref="ArgumentException">It is to be read layer by layer.</exception>
    internal void ValidateForLoaded()
    {
        if (LayerByLayer)
        {
            throw new ArgumentException("CondensationReportOptions.LayerByLayer is set, but the model is in memory already. Name it by its files: CondensationReport.Measure(ModelSource, texts, options).");
        }
    }

    /// <summary>Checks what depends on the model.</summary>
    /// <param name="contextLength">The most tokens that it takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">No text is long enough.</exception>
    internal void ValidateFor(int contextLength) =>
        new Require(nameof(CondensationReportOptions)).That(MinTokens <= contextLength, MinTokens, FormattableString.Invariant($"at most the model's context length ({contextLength} tokens), or no text is long enough"));
}
