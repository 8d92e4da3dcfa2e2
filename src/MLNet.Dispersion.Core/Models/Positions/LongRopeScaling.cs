namespace MLNet.Dispersion.Models;

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
