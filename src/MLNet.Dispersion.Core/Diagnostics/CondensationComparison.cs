using System.Collections.ObjectModel;

namespace MLNet.Dispersion;

/// <summary>Two reports side by side, layer by layer. Immutable and thread-safe.</summary>
/// <remarks>
/// When the models have different numbers of layers, the later report is read at the depths (layer fractions) of the earlier one's layers, linearly
/// between its two nearest layers; <see cref="SameDepth"/> is false then and every table says so. Whatever makes the reports less comparable is
/// listed in <see cref="Caveats"/>, not refused.
/// </remarks>
public sealed class CondensationComparison
{
    internal CondensationComparison(CondensationReport before, CondensationReport after)
    {
        Before = before;
        After = after;
        SameDepth = before.Layers.Count == after.Layers.Count;
        Layers = Array.AsReadOnly(before.Layers.Select(layer => new LayerComparison(layer.Name, layer.Fraction, layer.Measures, MeasuresAt(after, layer))).ToArray());
        Caveats = Array.AsReadOnly(ListCaveats(before, after).ToArray());
    }

    /// <summary>The earlier report.</summary>
    public CondensationReport Before { get; }

    /// <summary>The later report.</summary>
    public CondensationReport After { get; }

    /// <summary>Whether both models have as many layers, so that layer is compared with layer and nothing is interpolated.</summary>
    public bool SameDepth { get; }

    /// <summary>One entry for each layer of <see cref="Before"/>.</summary>
    public IReadOnlyList<LayerComparison> Layers { get; }

    /// <summary>The last layers of both: what training with dispersion changes most.</summary>
    public LayerComparison LastLayer => Layers[^1];

    /// <summary>Change of Spearman's rho between mean cosine (diagonal in) and depth; below 0 the later model condenses less with depth. NaN where either has none.</summary>
    public double SpearmanChange => After.Profile.Trend.Spearman - Before.Profile.Trend.Spearman;

    /// <summary>Change of Kendall's tau-b; NaN where either has none.</summary>
    public double KendallTauBChange => After.Profile.Trend.KendallTauB - Before.Profile.Trend.KendallTauB;

    /// <summary>Whole sentences on what makes the reports less comparable: other depths, other samples of texts. Empty when nothing does.</summary>
    public IReadOnlyList<string> Caveats { get; }

    /// <summary>Two tables for the console, one line a layer, in invariant culture: cosines before, after and their change; the changes of the other measures.</summary>
    public override string ToString() => ComparisonText.ToConsole(this);

    /// <summary>The same in GitHub's Markdown.</summary>
    public string ToMarkdown() => ComparisonText.ToMarkdown(this);

    /// <summary>
    /// Comma-separated values (RFC 4180, invariant culture, full precision), one line a layer: before, after, layer, fraction, sameDepth,
    /// averagingBefore and averagingAfter, then for each measure its machine name followed by Before, After and Change. A missing figure is an empty field.
    /// </summary>
    public string ToCsv() => ComparisonText.ToCsv(this);

    private static IReadOnlyDictionary<GeometryMeasure, double> MeasuresAt(CondensationReport report, LayerReport place)
    {
        // A fraction times the number of layers may miss a whole number by a rounding error.
        double position = place.Fraction * (report.Layers.Count - 1);
        if (Math.Abs(position - Math.Round(position)) < 1e-9)
        {
            return report.Layers[(int)Math.Round(position)].Measures;
        }

        int below = (int)Math.Floor(position);
        double weight = position - below;
        return new ReadOnlyDictionary<GeometryMeasure, double>(GeometryMeasures.All.ToDictionary(
            measure => measure,
            measure => ((1 - weight) * report.Layers[below].Measures[measure]) + (weight * report.Layers[below + 1].Measures[measure])));
    }

    private static IEnumerable<string> ListCaveats(CondensationReport before, CondensationReport after)
    {
        if (before.Layers.Count != after.Layers.Count)
        {
            yield return FormattableString.Invariant($"The models have {before.Layers.Count - 1} and {after.Layers.Count - 1} blocks: figures after are read at the same depth, between the nearest layers.");
        }

        if ((before.Profile.Texts, before.Profile.Tokens, before.MaxTokens, before.MinTokens, before.SampleSeed) != (after.Profile.Texts, after.Profile.Tokens, after.MaxTokens, after.MinTokens, after.SampleSeed))
        {
            yield return FormattableString.Invariant($"The samples differ: {Figures.Texts(before.Profile.Texts)} of {before.Profile.Tokens:N0} tokens before, {after.Profile.Texts:N0} of {after.Profile.Tokens:N0} after. Measure both on the same texts with the same options.");
        }

        if (before.SpectrumTexts != after.SpectrumTexts)
        {
            yield return FormattableString.Invariant($"Singular values are means over {Figures.Texts(before.SpectrumTexts)} before and {after.SpectrumTexts:N0} after.");
        }
    }
}
