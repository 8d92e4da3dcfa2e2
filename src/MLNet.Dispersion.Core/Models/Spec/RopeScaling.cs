namespace MLNet.Dispersion.Models;

/// <summary>Llama 3's stretching of rotary embeddings to a longer context: long waves are stretched, short ones left, those between blended.</summary>
/// <param name="Factor">What long waves are stretched by. Above 0.</param>
/// <param name="LowFrequencyFactor">Waves that fit fewer times than this into the original context are stretched whole.</param>
/// <param name="HighFrequencyFactor">Waves that fit more often than this are left. Above <paramref name="LowFrequencyFactor"/>.</param>
/// <param name="OriginalContextLength">The context that the model was trained on first, in tokens.</param>
public sealed record RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContextLength)
{
    private const string Default = "default";
    private const string Llama3 = "llama3";

    /// <summary>Reads the scaling from <c>rope_scaling</c>, or from <c>rope_parameters</c> in newer files; null where there is none or it is the default.</summary>
    /// <param name="config">The config.json.</param>
    /// <exception cref="ModelFileException">It asks for another kind of scaling, or a number is outside its range.</exception>
    public static RopeScaling? Read(ConfigReader config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Typed(config, [Default, Llama3]) is not { Type: Llama3, Section: var section })
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

    /// <summary>Refuses every scaling, for architectures that have none.</summary>
    /// <param name="config">The config.json.</param>
    /// <exception cref="ModelFileException">It asks for one.</exception>
    public static void Refuse(ConfigReader config) => Typed(config, [Default]);

    /// <summary>The rotary base: <c>rope_theta</c> in one of the sections, as newer files have it, otherwise the key at the top.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="key">The key at the top.</param>
    /// <param name="otherwise">The value where there is none.</param>
    /// <exception cref="ModelFileException">No number above 0.</exception>
    public static double Theta(ConfigReader config, string key, double otherwise) =>
        Sections(config).FirstOrDefault(section => section.Has("rope_theta"))?.Positive("rope_theta", otherwise) ?? config.Positive(key, otherwise);

    private static (string Type, ConfigReader Section)? Typed(ConfigReader config, string[] supported)
    {
        foreach (var section in Sections(config))
        {
            string key = section.Has("rope_type") ? "rope_type" : "type";
            if (section.Has(key))
            {
                return (section.OneOf(key, Default, supported), section);
            }
        }

        return null;
    }

    private static IEnumerable<ConfigReader> Sections(ConfigReader config) =>
        new[] { config.Section("rope_scaling"), config.Section("rope_parameters") }.OfType<ConfigReader>();
}
