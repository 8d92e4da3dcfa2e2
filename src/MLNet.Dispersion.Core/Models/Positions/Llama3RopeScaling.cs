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
