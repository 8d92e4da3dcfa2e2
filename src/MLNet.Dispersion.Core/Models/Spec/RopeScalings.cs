namespace MLNet.Dispersion.Models;

/// <summary>Llama 3's stretching: long waves are stretched, short ones left, those between blended.</summary>
/// <param name="Factor">What long waves are stretched by. Above 0.</param>
/// <param name="LowFrequencyFactor">Waves that fit fewer times than this into the original context are stretched whole.</param>
/// <param name="HighFrequencyFactor">Waves that fit more often than this are left. Above <paramref name="LowFrequencyFactor"/>.</param>
/// <param name="OriginalContextLength">The context that the model was trained on first, in tokens.</param>
public sealed record Llama3RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContextLength) : RopeScaling
{
    internal static Llama3RopeScaling Of(ConfigReader section)
    {
        var scaling = new Llama3RopeScaling(
            section.Positive("factor", 8),
            section.Positive("low_freq_factor", 1),
            section.Positive("high_freq_factor", 4),
            section.Size("original_max_position_embeddings"));
        return scaling.HighFrequencyFactor > scaling.LowFrequencyFactor
            ? scaling
            : throw section.Wrong("high_freq_factor", $"is {scaling.HighFrequencyFactor}; it must be above low_freq_factor = {scaling.LowFrequencyFactor}");
    }

    internal override double[] Frequencies(int dimensions, double theta, long length) => [.. Plain(dimensions, theta).Select(frequency =>
    {
        double waves = OriginalContextLength * frequency / (2 * Math.PI);
        double blend = Math.Clamp((waves - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
        return ((1 - blend) * frequency / Factor) + (blend * frequency);
    })];
}

/// <summary>Positions are divided by a factor.</summary>
/// <param name="Factor">The factor. Above 0.</param>
public sealed record LinearRopeScaling(double Factor) : RopeScaling
{
    internal override double[] Frequencies(int dimensions, double theta, long length) => [.. Plain(dimensions, theta).Select(frequency => frequency / Factor)];
}

/// <summary>The base grows with the longest sequence of the batch once that is longer than the original context ("dynamic NTK"). A row's states so depend on what stands beside it.</summary>
/// <remarks>Behind a cache new tokens are turned by the base of the length so far, and earlier keys stay as they were turned: the states are not those of a whole pass.</remarks>
/// <param name="Factor">How fast. Above 0.</param>
/// <param name="OriginalContextLength">The context that the model was trained on, in tokens.</param>
public sealed record DynamicRopeScaling(double Factor, int OriginalContextLength) : RopeScaling
{
    internal override bool IsOpenEnded => true;

    internal static DynamicRopeScaling Of(ConfigReader section, ConfigReader config) => section.Has("alpha")
        ? throw section.Wrong("alpha", "is given; dynamic rotary positions are supported with a factor alone")
        : new DynamicRopeScaling(section.Positive("factor"), config.Size("max_position_embeddings", 2048));

    internal override double[] Frequencies(int dimensions, double theta, long length)
    {
        double seen = Math.Max(length, OriginalContextLength);
        double growth = (Factor * seen / OriginalContextLength) - (Factor - 1);
        return Plain(dimensions, dimensions == 2 ? theta : theta * Math.Pow(growth, dimensions / (dimensions - 2.0)));
    }
}

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

/// <summary>A divisor for each frequency, other ones once the longest sequence of the batch is longer than the original context (LongRoPE, Ding et al. 2024, arXiv 2402.13753). A row's states so depend on what stands beside it.</summary>
/// <param name="Short">The divisors up to that length.</param>
/// <param name="Long">The divisors beyond it.</param>
/// <param name="OriginalContextLength">The context that the model was trained on first, in tokens.</param>
/// <param name="Attention">What cosines and sines are multiplied by. Above 0.</param>
public sealed record LongRopeScaling(IReadOnlyList<double> Short, IReadOnlyList<double> Long, int OriginalContextLength, double Attention) : RopeScaling
{
    internal override double AttentionFactor => Attention;

    internal override int? ChangesBeyond => OriginalContextLength;

    internal static LongRopeScaling Of(ConfigReader section, ConfigReader config)
    {
        foreach (string key in new[] { "short_mscale", "long_mscale" }.Where(section.Has))
        {
            throw section.Wrong(key, "is given; longrope is supported with one attention factor for both lengths");
        }

        int original = OriginalLength(section, config);
        bool isGrown = section.Has("original_max_position_embeddings") || config.Has("original_max_position_embeddings");
        double factor = isGrown ? (double)config.Size("max_position_embeddings") / original : section.Positive("factor", 1);
        double own = factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        return new LongRopeScaling(Factors(section, "short_factor"), Factors(section, "long_factor"), original, section.Positive("attention_factor", own));
    }

    internal override double[] Frequencies(int dimensions, double theta, long length) =>
        [.. Plain(dimensions, theta).Zip(length > OriginalContextLength ? Long : Short, (frequency, divisor) => frequency / divisor)];

    private static IReadOnlyList<double> Factors(ConfigReader section, string key)
    {
        IReadOnlyList<double> factors = section.Numbers(key) ?? throw section.Wrong(key, "is missing; longrope needs a number above 0 for each pair of rotated features");
        return factors.All(factor => factor > 0 && double.IsFinite(factor)) ? factors : throw section.Wrong(key, "must be numbers above 0");
    }
}
