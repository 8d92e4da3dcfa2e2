using System.Diagnostics.CodeAnalysis;

namespace MLNet.Dispersion;

/// <summary>Makes a report of a document, after checking that its figures can be such.</summary>
internal static class ReportJsonReader
{
    /// <summary>The report.</summary>
    /// <exception cref="FormatException">A figure cannot be: the message names its place.</exception>
    public static CondensationReport ToReport(ReportDocument document)
    {
        CheckCounts(document);
        LayerGeometry[] cosines = [.. document.Layers.Select((layer, i) => ToCosine(document, layer, i))];
        var profile = new CondensationProfile(cosines, document.Texts, document.ShortTexts, document.Tokens, document.TokensPerText);
        LayerReport[] layers = [.. document.Layers.Select((layer, i) => LayerReports.Of(cosines[i], cosines.Length, Measures(layer), Array.AsReadOnly(layer.Spectrum.ToArray())))];
        var sampling = new ReportSampling(document.MaxTokens, document.MinTokens, document.SampleSeed, document.TruncatedTexts, document.SpectrumTexts);
        return new CondensationReport(document.Model, document.Measured, sampling, profile, layers, document.Cone is { } cone ? ToCone(cone, layers.Length) : null)
        {
            Intervals = document.Intervals is { } intervals ? ToIntervals(intervals, layers.Length) : null,
            Parameters = document.Parameters,
            TextsFingerprint = document.TextsFingerprint,
            ShortestText = document.ShortestText,
            LongestText = document.LongestText,
        };
    }

    private static CondensationIntervals ToIntervals(IntervalsDocument document, int layerCount)
    {
        Check(document.Level is > 0 and < 1, "intervals.level", document.Level, "be above 0 and below 1");
        return new CondensationIntervals
        {
            MeanCosine = Layers(document.MeanCosine, "intervals.meanCosine"),
            MeanCosineOffDiagonal = Layers(document.MeanCosineOffDiagonal, "intervals.meanCosineOffDiagonal"),
            Spearman = document.Spearman is { } rho ? One(rho, "intervals.spearman") : null,
            SpearmanOffDiagonal = document.SpearmanOffDiagonal is { } off ? One(off, "intervals.spearmanOffDiagonal") : null,
        };

        IReadOnlyList<Interval> Layers(IReadOnlyList<BoundsDocument> bounds, string place)
        {
            Check(bounds.Count == layerCount, place, $"{bounds.Count} intervals", $"hold {layerCount}, as the report has layers");
            return [.. bounds.Select((one, i) => One(one, FormattableString.Invariant($"{place}[{i}]")))];
        }

        Interval One(BoundsDocument? bounds, string place)
        {
            Check(bounds is not null, place, "null", "be an interval");
            Check(bounds.Lower >= -1 && bounds.Upper <= 1 && bounds.Lower <= bounds.Upper, place, FormattableString.Invariant($"{bounds.Lower} to {bounds.Upper}"), "rise within -1..1");
            return new Interval { Estimate = bounds.Estimate, Lower = bounds.Lower, Upper = bounds.Upper, Level = document.Level };
        }
    }

    private static ConeReport ToCone(ConeDocument cone, int layerCount)
    {
        Check(cone.Layers.Count == layerCount, "cone.layers", $"{cone.Layers.Count} layers", $"hold {layerCount} layers, as the report does");
        foreach ((int i, ConeFigures? layer) in cone.Layers.Index())
        {
            string place = FormattableString.Invariant($"cone.layers[{i}]");
            Check(layer is not null, place, "null", "be a layer");
            Check(layer.Texts >= 1, place + ".texts", layer.Texts, "be at least 1");
            Check(layer.Strongest.Count >= 1, place + ".strongest", "empty", "hold a coordinate");
            Check(layer.WithoutStrongest.Count == ConeGeometry.StrongestCounts.Count, place + ".withoutStrongest", $"{layer.WithoutStrongest.Count} numbers", $"hold {ConeGeometry.StrongestCounts.Count} numbers");
        }

        foreach ((int i, LengthDocument? length) in cone.Lengths.Index())
        {
            string place = FormattableString.Invariant($"cone.lengths[{i}]");
            Check(length is not null, place, "null", "be the figures of a length");
            Check(length.MeanCosines.Count == layerCount && length.MeanCosines.All(double.IsFinite), place + ".meanCosines", $"{length.MeanCosines.Count} numbers", $"hold {layerCount} finite numbers");
        }

        return new ConeReport(cone.Layers, [.. cone.Lengths.Select(length => new LengthFigures { Tokens = length.Tokens, Texts = length.Texts, MeanCosines = length.MeanCosines })]);
    }

    private static void CheckCounts(ReportDocument d)
    {
        Check(d.Layers.Count >= 1, "layers", "empty", "hold at least one layer");
        Check(d.MaxTokens >= 2, "maxTokens", d.MaxTokens, "be at least 2");
        Check(d.MinTokens >= 2 && d.MinTokens <= d.MaxTokens, "minTokens", d.MinTokens, "be from 2 to maxTokens");
        Check(d.Parameters is not < 0, "parameters", d.Parameters, "be at least 0, or null");
        Check(d.Texts >= 1, "texts", d.Texts, "be at least 1");
        Check(d.ShortTexts >= 0, "shortTexts", d.ShortTexts, "be at least 0");
        Check(d.Tokens >= 2L * d.Texts, "tokens", d.Tokens, "be at least two a text");
        Check(d.TokensPerText is not { } length || length * (long)d.Texts == d.Tokens, "tokensPerText", d.TokensPerText, "be tokens / texts, or null");
        Check(d.TruncatedTexts >= 0 && d.TruncatedTexts <= d.Texts, "truncatedTexts", d.TruncatedTexts, "be from 0 to texts");
        Check(d.SpectrumTexts >= 0 && d.SpectrumTexts <= d.Texts, "spectrumTexts", d.SpectrumTexts, "be from 0 to texts");
    }

    private static LayerGeometry ToCosine(ReportDocument document, LayerDocument? layer, int index)
    {
        string place = FormattableString.Invariant($"layers[{index}]");
        Check(layer is not null, place, "null", "be a layer");
        Check(layer.HiddenState == index, place + ".hiddenState", layer.HiddenState, FormattableString.Invariant($"be {index}: the layers must be all there and in order"));
        Check((layer.Elementwise is null) == (document.TokensPerText is null), place + ".elementwise", layer.Elementwise is null ? "null" : "there", "be there exactly when tokensPerText is");
        return ToGeometry(ReportJson.Format, index, layer.Pooled, layer.Elementwise, place);
    }

    /// <summary>One layer's cosine statistics.</summary>
    /// <exception cref="FormatException">A field is damaged; the message names it.</exception>
    internal static LayerGeometry ToGeometry(VersionedJson format, int hiddenState, CosineDocument pooled, CosineDocument? elementwise, string place) => new()
    {
        HiddenState = hiddenState,
        Pooled = ToSummary(format, CosineAveraging.PooledPairs, pooled, place + ".pooled"),
        Elementwise = elementwise is null ? null : ToSummary(format, CosineAveraging.Elementwise, elementwise, place + ".elementwise"),
    };

    private static CosineSummary ToSummary(VersionedJson format, CosineAveraging averaging, CosineDocument cosine, string place)
    {
        format.Require(Math.Abs(cosine.MeanCosine) <= 1, place + ".meanCosine", cosine.MeanCosine, "be a cosine, -1..1");
        format.Require(Math.Abs(cosine.MeanCosineOffDiagonal) <= 1, place + ".meanCosineOffDiagonal", cosine.MeanCosineOffDiagonal, "be a cosine, -1..1");
        CosineHistogram? histogram = null;
        if (cosine.HistogramCounts is { } counts)
        {
            format.Require(counts.Count == CosineHistogram.BinCount, place + ".histogramCounts", counts.Count + " numbers", $"hold {CosineHistogram.BinCount} numbers");
            format.Require(counts.All(count => count >= 0), place + ".histogramCounts", "partly negative", "hold counts of at least 0");
            histogram = CosineHistogram.FromCounts(counts);
        }

        return new CosineSummary { Averaging = averaging, Means = new CosineMeans { Full = cosine.MeanCosine, OffDiagonal = cosine.MeanCosineOffDiagonal }, Histogram = histogram };
    }

    /// <summary>A measure that a report lacks, since it was written before there was such a measure, is NaN.</summary>
    private static Dictionary<GeometryMeasure, double> Measures(LayerDocument layer)
    {
        var values = new Dictionary<GeometryMeasure, double>();
        foreach (GeometryMeasure measure in SpectrumAccumulator.Measures)
        {
            values[measure] = layer.Measures.TryGetValue(measure.MachineName(), out double value) ? value : double.NaN;
        }

        return values;
    }

    private static void Check([DoesNotReturnIf(false)] bool good, string place, object? value, string rule) => ReportJson.Format.Require(good, place, value, rule);
}
