using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Plots.Tests;

/// <summary>Reports made up for the tests, with the shapes that real models have: cosines spread around a mean that moves with depth.</summary>
internal static class SyntheticReports
{
    private const int TokensPerText = 512;
    private const int Texts = 100;

    /// <summary>A model whose tokens grow alike with depth.</summary>
    public static CondensationReport Condensing(int blocks = 12, string name = "gpt2", bool histograms = true, bool spectra = true) =>
        Report(name, blocks, depth => 0.12 + (0.5 * depth) + (0.32 * Math.Pow(depth, 8)) + (0.06 * Math.Sin(9 * depth)), histograms, spectra);

    /// <summary>A model that resists.</summary>
    public static CondensationReport Dispersed(int blocks = 12, string name = "gpt2 with dispersion", bool histograms = true, bool spectra = true) =>
        Report(name, blocks, depth => 0.14 + (0.12 * Math.Sin(4 * depth)) - (0.08 * depth), histograms, spectra);

    /// <summary>One in which all cosines of a layer lie in one bin.</summary>
    public static CondensationReport Bins(int[] bins) => Assemble("bins", [.. bins.Select(CosineHistogram.Centre)], [.. bins.Select(bin => Counts(bin, 1))], true);

    /// <summary>One in which the cosines of every layer are spread evenly over some bins.</summary>
    public static CondensationReport Plateau(int firstBin, int bins) => Assemble("plateau", [0.5, 0.5, 0.5], [.. Enumerable.Repeat(Counts(firstBin, bins), 3)], true);

    /// <summary>The same report with some values replaced.</summary>
    public static CondensationReport With(CondensationReport report, GeometryMeasure measure, Func<int, double, double> change) => new(
        report.Model, report.Measured, Sampling(report.SpectrumTexts), report.Profile,
        [.. report.Layers.Select(layer => layer with
        {
            Measures = layer.Measures.ToDictionary(pair => pair.Key, pair => pair.Key == measure ? change(layer.HiddenState, pair.Value) : pair.Value),
        })]);

    /// <summary>The same report of a model of so many parameters, with intervals a tenth wide where they are asked for.</summary>
    public static CondensationReport Sized(CondensationReport report, long? parameters, bool intervals = true)
    {
        static Interval Around(double value) => new() { Estimate = value, Lower = value - 0.05, Upper = value + 0.05, Level = 0.95 };
        return new(report.Model, report.Measured, Sampling(report.SpectrumTexts), report.Profile, report.Layers)
        {
            Parameters = parameters,
            Intervals = !intervals ? null : new CondensationIntervals
            {
                MeanCosine = [.. report.Layers.Select(layer => Around(layer.Cosine.MeanCosine))],
                MeanCosineOffDiagonal = [.. report.Layers.Select(layer => Around(layer.Cosine.MeanCosineOffDiagonal))],
                Spearman = Around(report.Profile.Trend.Spearman),
                SpearmanOffDiagonal = Around(report.Profile.OffDiagonalTrend.Spearman),
            },
        };
    }

    /// <summary>A training that condenses, or that disperses, every 100 steps.</summary>
    public static IReadOnlyList<GeometrySnapshot> History(bool disperses, int blocks = 6, int moments = 16, bool histograms = true) =>
    [
        .. Enumerable.Range(0, moments).Select(moment =>
        {
            double time = 1 - Math.Exp(-4.0 * moment / moments);
            double change = disperses ? -0.35 * time : 0.06 * time;
            return new GeometrySnapshot { Step = 100 * moment, Profile = Report("run", blocks, depth => 0.1 + (0.62 * depth) + (change * depth) + (0.01 * Math.Sin(moment + (9 * depth))), histograms, false).Profile };
        }),
    ];

    private static CondensationReport Report(string name, int blocks, Func<double, double> mean, bool histograms, bool spectra)
    {
        double[] means = [.. Enumerable.Range(0, blocks + 1).Select(i => mean(i / (double)blocks))];
        return Assemble(name, means, [.. means.Select(value => histograms ? Bell(value) : null)], spectra);
    }

    private static CondensationReport Assemble(string name, double[] means, CosineHistogram?[] histograms, bool spectra)
    {
        LayerGeometry[] geometries = [.. means.Select((mean, i) =>
        {
            var cosines = new CosineMeans { Full = mean, OffDiagonal = ((mean * TokensPerText) - 1) / (TokensPerText - 1) };
            return new LayerGeometry
            {
                HiddenState = i,
                Pooled = new CosineSummary { Averaging = CosineAveraging.PooledPairs, Means = cosines, Histogram = histograms[i] },
                Elementwise = new CosineSummary { Averaging = CosineAveraging.Elementwise, Means = cosines, Histogram = histograms[i] },
            };
        })];
        var profile = new CondensationProfile(geometries, Texts, shortTexts: 2, Texts * (long)TokensPerText, TokensPerText);
        LayerReport[] layers = [.. geometries.Select((geometry, i) => Layer(geometry, i / (double)Math.Max(1, means.Length - 1), spectra))];
        return new CondensationReport(name, new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero), Sampling(spectra ? 4 : 0), profile, layers);
    }

    /// <summary>How the texts were chosen.</summary>
    public static ReportSampling Sampling(int spectrumTexts) => new(TokensPerText, 2, null, 60, spectrumTexts);

    private static LayerReport Layer(LayerGeometry geometry, double depth, bool spectra)
    {
        double[] spectrum = spectra ? [.. Enumerable.Range(0, 256).Select(i => Math.Exp(-(0.012 + (0.02 * depth)) * i) * (i == 0 ? 1 : 1.02 - Math.Abs(geometry.MeanCosine)))] : [];
        double sum = spectrum.Sum();
        double squares = spectrum.Sum(s => s * s);
        double entropy = -spectrum.Sum(s => s / sum * Math.Log(s / sum));
        double Of(double value) => spectra ? value : double.NaN;
        var measures = new Dictionary<GeometryMeasure, double>(GeometryMeasures.All.Select(measure => KeyValuePair.Create(measure, double.NaN)))
        {
            [GeometryMeasure.MeanCosine] = geometry.MeanCosine,
            [GeometryMeasure.MeanCosineOffDiagonal] = geometry.MeanCosineOffDiagonal,
            [GeometryMeasure.SingularValueEntropy] = Of(entropy / Math.Log(2)),
            [GeometryMeasure.EffectiveRank] = Of(Math.Exp(entropy)),
            [GeometryMeasure.MaximumExplainableVariance] = Of(1 / squares),
            [GeometryMeasure.ParticipationRatio] = Of(squares * squares / spectrum.Sum(s => s * s * s * s)),
            [GeometryMeasure.StableRank] = Of(squares),
            [GeometryMeasure.HighToLowFrequencyRatio] = Of((1 - geometry.MeanCosine) * 1.4),
            [GeometryMeasure.HighFrequencyGrowth] = Of(1.5 * depth),
            [GeometryMeasure.MeanNorm] = Of(3.5 + (40 * depth)),
        };
        return new LayerReport
        {
            Name = geometry.HiddenState == 0 ? "embeddings" : geometry.HiddenState.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Fraction = depth,
            Cosine = geometry,
            Measures = measures,
            Spectrum = spectrum,
        };
    }

    private static CosineHistogram Counts(int firstBin, int bins) =>
        CosineHistogram.FromCounts([.. Enumerable.Range(0, CosineHistogram.BinCount).Select(bin => bin >= firstBin && bin < firstBin + bins ? 1000L : 0)]);

    private static CosineHistogram Bell(double mean)
    {
        double width = 0.05 + (0.13 * (1 - Math.Abs(mean)));
        var counts = new long[CosineHistogram.BinCount];
        for (int bin = 0; bin < counts.Length; bin++)
        {
            double distance = (CosineHistogram.Centre(bin) - mean) / width;
            counts[bin] = (long)(1e6 * Math.Exp(-0.5 * distance * distance));
        }

        counts[^1] += counts.Sum() / TokensPerText;
        return CosineHistogram.FromCounts(counts);
    }
}
