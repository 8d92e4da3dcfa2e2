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

    private static readonly (GeometryMeasure Measure, string Meaning)[] Meanings =
    [
        (GeometryMeasure.MeanCosine, "Mean over all pairs of tokens, each token paired with itself too (as published). Near 1 is condensed."),
        (GeometryMeasure.MeanCosineOffDiagonal, "The same without a token’s pair with itself: the cleaner figure for short texts."),
        (GeometryMeasure.SingularValueEntropy, "How evenly the singular values of the token matrix are spread. Low is condensed."),
        (GeometryMeasure.EffectiveRank, "How many equally strong directions would be as evenly spread. Low is condensed."),
        (GeometryMeasure.MaximumExplainableVariance, "The share that the strongest direction explains alone. Near 1 is condensed."),
        (GeometryMeasure.ParticipationRatio, "How many directions take part, strong ones counting most. Low is condensed."),
        (GeometryMeasure.StableRank, "The whole compared with its strongest direction. Near 1 is condensed."),
        (GeometryMeasure.HighToLowFrequencyRatio, "What differs between tokens compared with what they share. Near 0 is condensed."),
        (GeometryMeasure.HighFrequencyGrowth, "Natural logarithm of how much what differs between tokens grew since the embeddings. Below 0 they moved together."),
        (GeometryMeasure.MeanNorm, "Mean length of a token’s vector; no sign of condensation by itself, but it tells layers apart."),
    ];

    /// <summary>What each measure is.</summary>
    public static string Measures() => "<dl>\n" + string.Concat(Meanings.Select(entry => $"<dt>{Escape(entry.Measure.DisplayName())} <small>({Escape(entry.Measure.ShortName())}; {Escape(entry.Measure.Unit())})</small></dt><dd>{entry.Meaning}</dd>\n")) + "</dl>\n";

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
