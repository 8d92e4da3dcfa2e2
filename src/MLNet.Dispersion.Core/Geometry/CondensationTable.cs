using System.Globalization;
using System.Text;

namespace MLNet.Dispersion;

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

        Line(text, $"trend with depth: Spearman {Signed(profile.Trend.Spearman)}, Kendall tau-b {Signed(profile.Trend.KendallTauB)} (+1 condenses with depth, negative resists)");
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
