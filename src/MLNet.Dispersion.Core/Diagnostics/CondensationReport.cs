namespace MLNet.Dispersion;

/// <summary>How condensed a model's hidden states are, in every measure, layer by layer, over a sample of texts. Immutable and thread-safe; holds no tensors.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// string[] texts = File.ReadAllLines("texts.txt");
/// CondensationReport report = CondensationReport.Measure(ModelSource.FromDirectory("gpt2"), texts);
/// Console.WriteLine(report);   // a table, one line a layer
/// report.Save("gpt2.json");
/// </code>
/// </example>
public sealed class CondensationReport
{
    private const int ShortTextTokens = 100;

    private readonly ReportSampling _sampling;

    internal CondensationReport(string model, DateTimeOffset measured, ReportSampling sampling, CondensationProfile profile, IReadOnlyList<LayerReport> layers, ConeReport? cone = null)
    {
        Cone = cone;
        Model = model;
        Measured = measured;
        _sampling = sampling;
        Profile = profile;
        Layers = Array.AsReadOnly(layers.ToArray());
    }

    /// <summary>Gets the model's name.</summary>
    public string Model { get; }

    /// <summary>Gets when it was measured.</summary>
    public DateTimeOffset Measured { get; }

    /// <summary>Gets the number of tokens that texts were cut to; the model's context length cuts as well.</summary>
    public int MaxTokens => _sampling.MaxTokens;

    /// <summary>Gets the fewest tokens of a text; shorter ones were left out and counted (<see cref="CondensationProfile.ShortTexts"/>).</summary>
    public int MinTokens => _sampling.MinTokens;

    /// <summary>Gets the seed with which the texts were drawn; null when the first ones were taken.</summary>
    public int? SampleSeed => _sampling.SampleSeed;

    /// <summary>Gets how many measured texts were cut.</summary>
    public int TruncatedTexts => _sampling.TruncatedTexts;

    /// <summary>Gets of how many texts the spectral measures are the mean.</summary>
    public int SpectrumTexts => _sampling.SpectrumTexts;

    /// <summary>Gets the cosine statistics: means, histograms, trends, last-n means, and how many texts and tokens there were.</summary>
    public CondensationProfile Profile { get; }

    /// <summary>Gets the layers, hidden states 0..N.</summary>
    public IReadOnlyList<LayerReport> Layers { get; }

    /// <summary>Gets what carries the cone; null where it was not measured (<see cref="CondensationReportOptions.ConeTexts"/> is 0, or an older library wrote the report).</summary>
    public ConeReport? Cone { get; }

    /// <summary>Gets 95 % intervals over the texts; null of fewer than <see cref="CondensationIntervals.FewestTexts"/> texts, and where an older library wrote the report.</summary>
    public CondensationIntervals? Intervals { get; internal init; }

    /// <summary>Gets how many numbers the network learns, each counted once though it be used twice, the head and adapters included where they were loaded; null where an older library wrote the report.</summary>
    public long? Parameters { get; internal init; }

    /// <summary>Gets what stands for the measured texts, as they were passed, in their order: equal for equal texts. Null where an older library wrote the report.</summary>
    public string? TextsFingerprint { get; internal init; }

    /// <summary>Gets the tokens of the shortest measured text; null where an older library wrote the report.</summary>
    public int? ShortestText { get; internal init; }

    /// <summary>Gets the tokens of the longest measured text, after cutting; null where an older library wrote the report.</summary>
    public int? LongestText { get; internal init; }

    /// <summary>
    /// Gets the mean cosine that sentences and pictures speak of: <see cref="GeometryMeasure.MeanCosine"/>, the published one, or, where texts have fewer than 100 tokens on average,
    /// <see cref="GeometryMeasure.MeanCosineOffDiagonal"/>: the diagonal of ones adds (1 - cosine) / n to the former.
    /// </summary>
    public GeometryMeasure MainCosine => Profile.Tokens < (long)ShortTextTokens * Profile.Texts ? GeometryMeasure.MeanCosineOffDiagonal : GeometryMeasure.MeanCosine;

    /// <summary>Gets the trend with depth of <see cref="MainCosine"/>.</summary>
    public CondensationTrend MainTrend => IsOffDiagonal ? Profile.OffDiagonalTrend : Profile.Trend;

    /// <summary>Gets the intervals of <see cref="MainCosine"/> by hidden state; null where there are none.</summary>
    public IReadOnlyList<Interval>? MainIntervals => IsOffDiagonal ? Intervals?.MeanCosineOffDiagonal : Intervals?.MeanCosine;

    /// <summary>Gets the interval of <see cref="MainTrend"/>'s rho; null where there is none.</summary>
    internal Interval? MainSpearman => IsOffDiagonal ? Intervals?.SpearmanOffDiagonal : Intervals?.Spearman;

    /// <summary>Gets what can be said of the trend with depth, in one sentence, in invariant culture: that there is one only where it is significant by the number of layers and, where there are intervals, over other texts.</summary>
    public string TrendSentence
    {
        get
        {
            CondensationTrend trend = MainTrend;
            string over = MainSpearman is { } rho ? FormattableString.Invariant($"; over other texts {Figures.Signed(rho.Lower, 2)} to {Figures.Signed(rho.Upper, 2)}") : string.Empty;
            string figures = FormattableString.Invariant($"Spearman {Figures.Signed(trend.Spearman, 2)}, p {Figures.P(trend.PValue)} over {Layers.Count} hidden states{over}");
            return HasTrend ? $"The model {(trend.Spearman > 0 ? "condenses with depth" : "opens with depth")} ({figures})."
                : double.IsNaN(trend.Spearman) ? "All layers are equal, so there is no trend with depth."
                : $"Whether there is a trend with depth cannot be told ({figures}).";
        }
    }

    /// <summary>Gets whole sentences on what makes the figures less comparable with those of other reports: texts of unequal lengths. Empty when nothing does.</summary>
    public IReadOnlyList<string> Caveats => Profile.TokensPerText is null && this is { ShortestText: { } shortest, LongestText: { } longest }
        ? [FormattableString.Invariant($"The texts have {shortest} to {longest} tokens: mean cosines depend on length, so compare them with those of the same texts only.")]
        : [];

    /// <summary>Gets each text's own means, of which intervals of differences are made; null where the report was read from a file.</summary>
    internal TextCosines? OfTexts { get; init; }

    /// <summary>Gets whether the trend with depth is significant, by the number of layers and, where there are intervals, over other texts.</summary>
    internal bool HasTrend => MainTrend.IsSignificant && MainSpearman is not { Lower: <= 0, Upper: >= 0 };

    private bool IsOffDiagonal => MainCosine == GeometryMeasure.MeanCosineOffDiagonal;

    /// <summary>Measures a model in memory.</summary>
    /// <param name="model">The model, on any device, with its tokenizer. It is measured in its own compute type, in evaluation mode and without gradients;
    /// if it was training, every module's mode is put back afterwards.</param>
    /// <param name="texts">The texts, enumerated once; null counts as empty. Those of too few tokens are counted and left out.</param>
    /// <param name="options">What to measure; null for the published sampling. Read once; <see cref="CondensationReportOptions.Device"/> does not apply here.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or there is no text of enough tokens.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text.</exception>
    /// <exception cref="ModelFileException">The model's checkpoint has no tokenizer, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Memory does not grow with the number of texts. Safe beside other forward passes when the model is in evaluation mode already.</remarks>
    public static CondensationReport Measure(PretrainedLanguageModel model, IEnumerable<string?> texts, CondensationReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        CondensationReportOptions settings = Checked(options);
        settings.ValidateForLoaded();
        return CondensationMeasurement.Run(model, texts, settings);
    }

    /// <summary>Loads a model, measures it and frees it again; with <see cref="CondensationReportOptions.LayerByLayer"/> one layer at a time, so that it may be larger than memory.</summary>
    /// <param name="backbone">Which: <see cref="ModelSource.FromDirectory"/> takes a checkpoint's directory.</param>
    /// <param name="texts">The texts, enumerated once; null counts as empty. Those of too few tokens are counted and left out.</param>
    /// <param name="options">What to measure and on which device; null for the published sampling. Read once.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or there is no text of enough tokens.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text.</exception>
    /// <exception cref="ModelFileException">A file of the checkpoint is missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load, or the device is not available.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CondensationReport Measure(ModelSource backbone, IEnumerable<string?> texts, CondensationReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(texts);
        CondensationReportOptions settings = Checked(options);
        if (settings.LayerByLayer)
        {
            return LayerwiseMeasurement.Run(backbone, texts, settings);
        }

        using var model = PretrainedLanguageModel.Load(backbone, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(settings.Device) });
        return CondensationMeasurement.Run(model, texts, settings);
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote; every figure comes back exactly.</summary>
    /// <param name="json">The document.</param>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version: the message names what is wrong.</exception>
    public static CondensationReport FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return ReportJson.Read(json);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version: the message names the file and what is wrong.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CondensationReport Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string json = RegularFile.ReadAllText(path);
        try
        {
            return ReportJson.Read(json);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes <see cref="ToJson"/> to a file, which appears whole or not at all; missing folders are made.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path) => ReportJson.Save(this, path);

    /// <summary>Puts this report (before) beside another (after), layer by layer.</summary>
    /// <param name="other">The later one. With another number of layers it is read between its layers, at the same depth: see <see cref="CondensationComparison"/>.</param>
    public CondensationComparison CompareTo(CondensationReport other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new CondensationComparison(this, other);
    }

    /// <summary>Writes tables for the console, at most 120 columns wide but for a long model name, one line a layer, in invariant culture.</summary>
    public override string ToString() => ReportText.ToConsole(this);

    /// <summary>Writes tables in GitHub's Markdown, one line a layer, in invariant culture.</summary>
    public string ToMarkdown() => ReportText.ToMarkdown(this);

    /// <summary>
    /// Writes comma-separated values (RFC 4180, invariant culture, full precision), one line a layer. The head names the columns: model, hiddenState, layer,
    /// fraction, every measure by its machine name, averaging (the convention behind the mean cosines), the mean cosines under both conventions
    /// (empty where one is not defined), lastLayersMean, the mean of this and all later layers' mean cosines, and, where it was measured, what carries the cone
    /// (<see cref="Cone"/>): coneMeanCosine, coneWithoutFirstToken, coneWithoutMassiveTokens, coneCentred, coneStandardised, coneWithoutStrongest1, 2 and 4,
    /// coneFirstTokenNorm, coneOtherTokensNorm; before these, where there are <see cref="Intervals"/>, meanCosineLower, meanCosineUpper, meanCosineOffDiagonalLower and meanCosineOffDiagonalUpper. A missing figure is an empty field.
    /// </summary>
    public string ToCsv() => ReportCsv.Write(this);

    /// <summary>
    /// Writes a JSON document with everything that the report holds, histograms and spectra included. The field <c>schema</c> names its kind, <c>version</c>
    /// its version. Figures that are not finite are the strings NaN, Infinity and -Infinity.
    /// </summary>
    public string ToJson() => ReportJson.Write(this);

    private static CondensationReportOptions Checked(CondensationReportOptions? options)
    {
        var copy = (options ?? new CondensationReportOptions()).Clone();
        copy.Validate();
        return copy;
    }
}

/// <summary>How the texts of a <see cref="CondensationReport"/> were chosen and cut.</summary>
/// <param name="MaxTokens">Texts were cut to this many tokens.</param>
/// <param name="MinTokens">Shorter texts were left out.</param>
/// <param name="SampleSeed">The seed of the sample; null for the first texts.</param>
/// <param name="TruncatedTexts">Measured texts that were cut.</param>
/// <param name="SpectrumTexts">Measured texts whose singular values were taken.</param>
internal sealed record ReportSampling(int MaxTokens, int MinTokens, int? SampleSeed, int TruncatedTexts, int SpectrumTexts);
