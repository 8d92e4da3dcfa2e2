using static MLNet.Dispersion.HtmlText;

namespace MLNet.Dispersion;

/// <summary>What the page says in plain words.</summary>
internal static class Explanations
{
    /// <summary>How to read everything else.</summary>
    public const string Reading = """
        <p>A language model turns each token of a text into a direction in a space of many dimensions, and changes it layer by layer. When the directions of
        one text’s tokens grow alike, the model can tell them apart less well: this is <em>embedding condensation</em>. It is measured by the cosine between
        two tokens: 1 means the same direction, 0 unrelated, −1 opposite.</p>
        <ul>
        <li><strong>Heat map.</strong> Each column is a layer, from the embeddings on the left to the last layer on the right. Bright places are cosines that
        many pairs of tokens have. A bright band that climbs towards 1 is a model that condenses.</li>
        <li><strong>Trend with depth.</strong> Spearman’s ρ and Kendall’s τ-b say whether the mean cosine rises with depth: +1 when it
        rises at every layer, −1 when it falls at every layer, near 0 when it does neither. Of a handful of layers only values near 1 or −1 are more than chance: p says how often chance does as much.</li>
        <li><strong>Last layer.</strong> What a head for classification or the next token sees. A mean cosine near 1 there is the strongest sign.</li>
        <li><strong>Averaging.</strong> Figures of two models can be compared when the same texts were cut to the same number of tokens.</li>
        </ul>

        """;

    /// <summary>What each measure is.</summary>
    public static string Measures() => "<dl>\n" + string.Concat(GeometryMeasures.All.Select(measure => $"<dt>{Escape(measure.DisplayName())} <small>({Escape(measure.ShortName())}; {Escape(measure.Unit())})</small></dt><dd>{measure.Meaning()}</dd>\n")) + "</dl>\n";

    /// <summary>A model in a sentence.</summary>
    public static string InShort(CondensationReport report)
    {
        LayerReport highest = report.Layers.MaxBy(Cosine)!;
        string place = highest.HiddenState == 0 ? "the embeddings" : "layer " + Count(highest.HiddenState);
        string peak = highest == report.Layers[^1] ? ", where it is highest" : $"; it is highest, {Figure(Cosine(highest), 2)}{Over(highest)}, at {place}";
        string tokens = report.MainCosine == GeometryMeasure.MeanCosine ? "the tokens of a text" : "different tokens of a text";
        return $"<p><strong>{Name(report.Model)}</strong>: {Escape(report.TrendSentence)} The mean cosine between {tokens} is {Figure(Cosine(report.Layers[0]), 2)}{Over(report.Layers[0])} at the embeddings "
            + $"and {Figure(Cosine(report.Layers[^1]), 2)}{Over(report.Layers[^1])} at the last layer{peak}. {string.Join(' ', report.Caveats.Select(Escape))}</p>\n";

        double Cosine(LayerReport layer) => layer.Measures[report.MainCosine];

        string Over(LayerReport layer) => report.MainIntervals is { } intervals ? $" ({Figure(intervals[layer.HiddenState].Lower, 2)} to {Figure(intervals[layer.HiddenState].Upper, 2)} over other texts)" : string.Empty;
    }
}
