using static MLNet.Dispersion.HtmlText;

namespace MLNet.Dispersion;

/// <summary>What the page says in plain words.</summary>
internal static class Explanations
{
    // Below, a rank correlation over a handful of layers says nothing.
    private const double ClearTrend = 0.3;

    /// <summary>How to read everything else.</summary>
    public const string Reading = """
        <p>A language model turns each token of a text into a direction in a space of many dimensions, and changes it layer by layer. When the directions of
        one text’s tokens grow alike, the model can tell them apart less well: this is <em>embedding condensation</em>. It is measured by the cosine between
        two tokens: 1 means the same direction, 0 unrelated, −1 opposite.</p>
        <ul>
        <li><strong>Heat map.</strong> Each column is a layer, from the embeddings on the left to the last layer on the right. Bright places are cosines that
        many pairs of tokens have. A bright band that climbs towards 1 is a model that condenses.</li>
        <li><strong>Trend with depth.</strong> Spearman’s ρ and Kendall’s τ-b say whether the mean cosine rises with depth: +1 when it
        rises at every layer, −1 when it falls at every layer, near 0 when it does neither.</li>
        <li><strong>Last layer.</strong> What a head for classification or the next token sees. A mean cosine near 1 there is the strongest sign.</li>
        <li><strong>Averaging.</strong> Figures of two models can be compared when the same texts were cut to the same number of tokens.</li>
        </ul>

        """;

    /// <summary>What each measure is.</summary>
    public static string Measures() => "<dl>\n" + string.Concat(GeometryMeasures.All.Select(measure => $"<dt>{Escape(measure.DisplayName())} <small>({Escape(measure.ShortName())}; {Escape(measure.Unit())})</small></dt><dd>{measure.Meaning()}</dd>\n")) + "</dl>\n";

    /// <summary>A model in a sentence.</summary>
    public static string InShort(CondensationReport report)
    {
        CondensationProfile profile = report.Profile;
        LayerGeometry highest = profile.Layers.MaxBy(layer => layer.MeanCosine)!;
        string place = highest.HiddenState == 0 ? "the embeddings" : "layer " + Count(highest.HiddenState);
        string peak = highest == profile.Layers[^1] ? ", where it is highest" : $"; it is highest, {Figure(highest.MeanCosine, 2)}, at {place}";
        return $"<p><strong>{Name(report.Model)}</strong> {Verdict(profile.Trend)}. The mean cosine between the tokens of a text is {Figure(profile.Layers[0].MeanCosine, 2)} at the embeddings "
            + $"and {Figure(profile.Layers[^1].MeanCosine, 2)} at the last layer{peak}.</p>\n";
    }

    private static string Verdict(CondensationTrend trend) => trend.Spearman switch
    {
        >= ClearTrend => $"condenses with depth (Spearman’s ρ {Change(trend.Spearman, 2)})",
        <= -ClearTrend => $"resists condensation (Spearman’s ρ {Change(trend.Spearman, 2)})",
        double.NaN => "is equally condensed in all layers",
        _ => $"shows no clear trend with depth (Spearman’s ρ {Change(trend.Spearman, 2)})",
    };
}
