using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>The least effect that matters, d, of common figures: a smaller one is not worth a word. Never 0.</summary>
public static class LeastEffect
{
    /// <summary>Of an accuracy: one point.</summary>
    public const double Accuracy = 0.01;

    /// <summary>Of a mean cosine between tokens.</summary>
    public const double Cosine = 0.02;

    /// <summary>The part of the plain value that is the least effect of a log-loss or a perplexity: 2 %.</summary>
    public const double LossPart = 0.02;

    /// <summary>Gets the least effect of a log-loss or a perplexity: 2 % of the value without what is asked about.</summary>
    /// <param name="plain">That value, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0, or not finite.</exception>
    public static double OfLoss(double plain) => plain > 0 && double.IsFinite(plain)
        ? LossPart * plain
        : throw new ArgumentOutOfRangeException(nameof(plain), plain, string.Create(CultureInfo.InvariantCulture, $"The plain value is {plain}; a part of it is the least effect, so it must be above 0 and finite."));
}
