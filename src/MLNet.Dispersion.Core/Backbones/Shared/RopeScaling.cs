namespace MLNet.Dispersion.Backbones.Shared;

/// <summary>Llama 3's stretching of rotary embeddings to a longer context.</summary>
internal sealed record RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContextLength)
{
    /// <summary>Reads the section <c>rope_scaling</c>; null where there is none or it is the default.</summary>
    internal static RopeScaling? Read(ConfigReader config)
    {
        if (config.Section("rope_scaling") is not { } section)
        {
            return null;
        }

        string key = section.Has("rope_type") ? "rope_type" : "type";
        if (section.OneOf(key, "default", ["default", "llama3"]) == "default")
        {
            return null;
        }

        var scaling = new RopeScaling(
            section.Positive("factor", 8),
            section.Positive("low_freq_factor", 1),
            section.Positive("high_freq_factor", 4),
            section.Size("original_max_position_embeddings"));
        return scaling.HighFrequencyFactor > scaling.LowFrequencyFactor
            ? scaling
            : throw section.Wrong("high_freq_factor", $"is {scaling.HighFrequencyFactor}; it must be above low_freq_factor = {scaling.LowFrequencyFactor}");
    }

    /// <summary>The rotary base: <c>rope_theta</c>, at the top or in the newer section <c>rope_parameters</c>.</summary>
    internal static double Theta(ConfigReader config, string key, double otherwise) =>
        config.Section("rope_parameters")?.Positive("rope_theta", otherwise) ?? config.Positive(key, otherwise);
}
