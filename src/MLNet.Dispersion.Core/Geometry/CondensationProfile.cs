using System.Globalization;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>How condensed a model's hidden states are, layer by layer, over a set of texts. Immutable and thread-safe; holds no tensors.</summary>
public sealed class CondensationProfile
{
    internal CondensationProfile(IReadOnlyList<LayerGeometry> layers, int texts, int shortTexts, long tokens, int? tokensPerText)
    {
        Layers = layers;
        Texts = texts;
        ShortTexts = shortTexts;
        Tokens = tokens;
        TokensPerText = tokensPerText;
        Trend = CondensationTrend.Of([.. layers.Select(layer => layer.MeanCosine)]);
        OffDiagonalTrend = CondensationTrend.Of([.. layers.Select(layer => layer.MeanCosineOffDiagonal)]);
        LastLayersMeans = MeansOfLast(layers);
    }

    /// <summary>Gets the layers, hidden states 0..N.</summary>
    public IReadOnlyList<LayerGeometry> Layers { get; }

    /// <summary>Gets the number of texts that were measured, each of at least two tokens.</summary>
    public int Texts { get; }

    /// <summary>Gets the number of texts of fewer than two tokens: they have no pair and are part of no average.</summary>
    public int ShortTexts { get; }

    /// <summary>Gets the number of tokens of the measured texts, after truncation.</summary>
    public long Tokens { get; }

    /// <summary>Gets the token count that all measured texts share, or null when they differ.</summary>
    public int? TokensPerText { get; }

    /// <summary>Gets the convention behind <see cref="LayerGeometry.MeanCosine"/> and everything derived from it here.</summary>
    public CosineAveraging Averaging => Layers[0].Summary.Averaging;

    /// <summary>Gets the condensation trend as published: of the mean cosines with the diagonal in.</summary>
    public CondensationTrend Trend { get; }

    /// <summary>Gets the condensation trend of the mean cosines between different tokens.</summary>
    public CondensationTrend OffDiagonalTrend { get; }

    /// <summary>Gets the means over the last layers: entry n - 1 is the mean of the last n layers' mean cosines (diagonal in), n = 1..N+1.</summary>
    public IReadOnlyList<double> LastLayersMeans { get; }

    /// <summary>Writes a table for the console, one line a layer, in invariant culture.</summary>
    public override string ToString() => CondensationTable.Format(this);

    private static double[] MeansOfLast(IReadOnlyList<LayerGeometry> layers)
    {
        var means = new double[layers.Count];
        double sum = 0;
        for (int n = 1; n <= layers.Count; n++)
        {
            sum += layers[^n].MeanCosine;
            means[n - 1] = sum / n;
        }

        return means;
    }
}

/// <summary>Writes a <see cref="CondensationProfile"/> as text, in invariant culture.</summary>
internal static class CondensationTable
{
    private const int BarWidth = 30;

    /// <summary>The table, each line ending with a line feed.</summary>
    public static string Format(CondensationProfile profile)
    {
        var text = new StringBuilder();
        Line(text, $"Mean cosine between the tokens of a text, by layer ({profile.Texts:N0} texts, {profile.Tokens:N0} tokens)");
        Line(text, $"{Convention(profile)}{ShortTexts(profile)}");
        Line(text, $"{"layer",-11}{"mean",8}{"off-diag.",11}{"last n",9}");
        for (int i = 0; i < profile.Layers.Count; i++)
        {
            LayerGeometry layer = profile.Layers[i];
            double lastMean = profile.LastLayersMeans[profile.Layers.Count - 1 - i];
            Line(text, $"{layer.Name,-11}{layer.MeanCosine,8:F4}{layer.MeanCosineOffDiagonal,11:F4}{lastMean,9:F4}{Bar(layer.MeanCosine)}");
        }

        Line(text, $"trend with depth: Spearman {Signed(profile.Trend.Spearman)}, Kendall tau-b {Signed(profile.Trend.KendallTauB)}, p {profile.Trend.PValue:F3} (+1 condenses with depth, negative resists; from a p of 0.05 on nothing can be told)");
        return text.ToString();
    }

    /// <summary>How the profile's cosine matrices became one.</summary>
    public static string Convention(CondensationProfile profile) => profile.Averaging == CosineAveraging.Elementwise
        ? FormattableString.Invariant($"averaged entry by entry over texts of {profile.TokensPerText} tokens (published convention)")
        : "token pairs of all texts pooled (the texts differ in length)";

    private static string ShortTexts(CondensationProfile profile) => profile.ShortTexts == 0
        ? string.Empty
        : FormattableString.Invariant($"; {profile.ShortTexts:N0} more of fewer than two tokens left out");

    private static string Bar(double cosine)
    {
        int length = (int)Math.Round(Math.Max(0, cosine) * BarWidth);
        return length == 0 ? string.Empty : "  " + new string('#', length);
    }

    private static string Signed(double value) =>
        double.IsNaN(value) ? "undefined (all layers are equal)" : value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
