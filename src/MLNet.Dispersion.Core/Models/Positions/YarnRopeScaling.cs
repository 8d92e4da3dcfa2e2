namespace MLNet.Dispersion.Models;

/// <summary>YaRN (Peng et al. 2023, arXiv 2309.00071): fast frequencies are left, slow ones divided by the factor, those between blended; cosines and sines grow a little.</summary>
/// <param name="Factor">What slow frequencies are divided by. Above 0.</param>
/// <param name="OriginalContextLength">The context that the model was trained on first, in tokens.</param>
/// <param name="FastTurns">Frequencies that turn more often than this within the original context are left.</param>
/// <param name="SlowTurns">Those that turn less often than this are divided whole.</param>
/// <param name="Attention">What cosines and sines are multiplied by. Above 0.</param>
/// <param name="IsTruncated">Whether the ends of the blend are rounded to whole frequencies.</param>
public sealed record YarnRopeScaling(double Factor, int OriginalContextLength, double FastTurns, double SlowTurns, double Attention, bool IsTruncated) : RopeScaling
{
    internal override double AttentionFactor => Attention;

    internal static YarnRopeScaling Of(ConfigReader section, ConfigReader config)
    {
        // The first YaRN files tell a fixed stretching from one that grows with the text.
        if (!section.Flag("finetuned", true))
        {
            throw section.Wrong("finetuned", "is false: a stretching that grows with the text is not supported");
        }

        int original = OriginalLength(section, config);
        double factor = section.Has("factor") ? section.Positive("factor") : (double)config.Size("max_position_embeddings") / original;
        double own = section.Has("mscale") && section.Has("mscale_all_dim")
            ? Gain(factor, section.Positive("mscale")) / Gain(factor, section.Positive("mscale_all_dim"))
            : Gain(factor, 1);
        var scaling = new YarnRopeScaling(
            factor, original, section.Positive("beta_fast", 32), section.Positive("beta_slow", 1), section.Positive("attention_factor", own), section.Flag("truncate", true));
        return scaling.FastTurns >= scaling.SlowTurns
            ? scaling
            : throw section.Wrong("beta_fast", FormattableString.Invariant($"is {scaling.FastTurns}; it must be at least beta_slow = {scaling.SlowTurns}"));
    }

    internal override double[] Frequencies(int dimensions, double theta, long length)
    {
        double low = End(FastTurns, dimensions, theta);
        double high = End(SlowTurns, dimensions, theta);
        (low, high) = IsTruncated ? (Math.Floor(low), Math.Ceiling(high)) : (low, high);
        (low, high) = (Math.Max(low, 0), Math.Min(high, dimensions - 1));
        high = low == high ? high + 0.001 : high;
        return [.. Plain(dimensions, theta).Select((frequency, i) =>
        {
            double share = Math.Clamp((i - low) / (high - low), 0, 1);
            return (frequency / Factor * share) + (frequency * (1 - share));
        })];
    }

    /// <summary>The frequency, by its fractional number, that turns so often within the original context.</summary>
    private double End(double turns, int dimensions, double theta) => dimensions * Math.Log(OriginalContextLength / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));

    private static double Gain(double factor, double scale) => factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;
}
