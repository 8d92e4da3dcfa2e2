using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>A stretching of rotary positions to a longer context: what becomes of the frequencies, and what cosines and sines are multiplied by.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public abstract record RopeScaling
{
    private const string Default = "default";

    // What any kind may have.
    private static readonly string[] SharedKeys = ["rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings", "factor"];

    // What there may be where nothing is stretched.
    private static readonly string[] PlainKeys = ["rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings"];

    private static readonly string[] LongKeys = ["short_factor", "long_factor", "attention_factor"];

    private protected RopeScaling()
    {
    }

    /// <summary>Gets what cosines and sines are multiplied by.</summary>
    internal virtual double AttentionFactor => 1;

    /// <summary>Gets the length at which the frequencies change for all tokens; null where they do not.</summary>
    internal virtual int? ChangesBeyond => null;

    /// <summary>Gets a value indicating whether sequences may be longer than the context that the configuration names.</summary>
    internal virtual bool IsOpenEnded => false;

    /// <summary>Reads the scaling from <c>rope_scaling</c>, or from <c>rope_parameters</c> in newer files; null where there is none or it is the default.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="layer">The kind of layers that the scaling is for, where <c>rope_parameters</c> tells kinds apart; null where it does not.</param>
    /// <exception cref="ModelFileException">It asks for another kind of scaling, or a number is outside its range.</exception>
    public static RopeScaling? Read(ConfigReader config, string? layer = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Typed(config, layer, [Default, "llama3", "linear", "dynamic", "yarn", "longrope", "su"]) switch
        {
            ("llama3", var section) => Llama3RopeScaling.Of(Of(section, "low_freq_factor", "high_freq_factor")),
            ("linear", var section) => new LinearRopeScaling(Of(section).Positive("factor")),
            ("dynamic", var section) => DynamicRopeScaling.Of(Of(section), config),

            // The first files of Phi 3 call LongRoPE so.
            ("longrope" or "su", var section) => LongRopeScaling.Of(Of(section, LongKeys), config),
            ("yarn", var section) when section.Has("short_factor") && section.Has("long_factor") && config.ModelType == "phi3" => LongRopeScaling.Of(Of(section, LongKeys), config),
            ("yarn", var section) => YarnRopeScaling.Of(Of(section, "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate", "finetuned"), config),
            _ => null,
        };
    }

    /// <summary>Refuses what would be passed over: keys of a stretching in a section that names no kind of it, and sections of other kinds of layers than there are.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="layer">The kind of layers that is read, where <c>rope_parameters</c> tells kinds apart; null where it does not.</param>
    /// <exception cref="ModelFileException">There is such a key.</exception>
    internal static void Check(ConfigReader config, string? layer)
    {
        ConfigReader? parameters = config.Section("rope_parameters");
        if (layer is not null && parameters?.Root.Any(pair => pair.Value is JsonObject) == true)
        {
            if (Keys(parameters).FirstOrDefault(key => key is not (LayerKinds.Full or LayerKinds.Sliding)) is { } other)
            {
                throw parameters.Wrong(Printable.Name(other), $"is no kind of layers; known are {LayerKinds.Full} and {LayerKinds.Sliding}");
            }

            parameters = parameters.Section(layer);
        }

        foreach (ConfigReader section in new[] { config.Section("rope_scaling"), parameters }.OfType<ConfigReader>())
        {
            string key = section.Has("rope_type") ? "rope_type" : "type";
            bool isPlain = !section.Has(key) || (section.Root[key] is JsonValue value && value.TryGetValue(out string? word) && word == Default);
            if (isPlain && Keys(section).FirstOrDefault(name => !PlainKeys.Contains(name)) is { } foreign)
            {
                throw section.Wrong(Printable.Name(foreign), $"is given without a rope_type that knows it{(section.Has(key) ? $", beside {key} {Default}" : "")}. Name the kind of scaling, or remove it");
            }
        }
    }

    /// <summary>Refuses every scaling, for architectures that have none.</summary>
    /// <param name="config">The config.json.</param>
    /// <exception cref="ModelFileException">It asks for one.</exception>
    public static void Refuse(ConfigReader config) => Typed(config, null, [Default]);

    /// <summary>The rotary base: <c>rope_theta</c> in one of the sections, as newer files have it, otherwise the key at the top.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="key">The key at the top.</param>
    /// <param name="otherwise">The value where there is none.</param>
    /// <param name="layer">The kind of layers that the base is for, where <c>rope_parameters</c> tells kinds apart; null where it does not.</param>
    /// <exception cref="ModelFileException">No number above 0.</exception>
    public static double Theta(ConfigReader config, string key, double otherwise, string? layer = null) =>
        Sections(config, layer).FirstOrDefault(section => section.Has("rope_theta"))?.Positive("rope_theta", otherwise) ?? config.Positive(key, otherwise);

    /// <summary>The first features of each head that are turned: the share that a section names, as newer files have it, otherwise the key at the top.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="headSize">Features of a head.</param>
    /// <param name="key">The key at the top.</param>
    /// <param name="otherwise">The share where there is none.</param>
    /// <exception cref="ModelFileException">The share gives no even number of features from 2 to those of a head.</exception>
    public static int Dimensions(ConfigReader config, int headSize, string key, double otherwise)
    {
        ConfigReader? section = Sections(config, null).FirstOrDefault(section => section.Has("partial_rotary_factor"));
        var (reader, name) = section is null ? (config, key) : (section, "partial_rotary_factor");
        double share = reader.Positive(name, otherwise);
        int rotary = share <= 1 ? (int)(headSize * share) : headSize + 1;
        return rotary >= 2 && rotary <= headSize && rotary % 2 == 0
            ? rotary
            : throw reader.Wrong(name, FormattableString.Invariant($"is {share} of the {headSize} features of a head; it must give an even number of features from 2 to {headSize}"));
    }

    /// <summary>The context that a model has of which a configuration names the one that it was trained on.</summary>
    internal virtual int Extended(int contextLength) => contextLength;

    /// <summary>The angles of one step, one for each pair of features.</summary>
    /// <param name="dimensions">The features that are turned.</param>
    /// <param name="theta">The base.</param>
    /// <param name="length">The tokens of the longest sequence of the batch.</param>
    internal abstract double[] Frequencies(int dimensions, double theta, long length);

    /// <summary>The frequencies without a stretching.</summary>
    internal static double[] Plain(int dimensions, double theta) => [.. Enumerable.Range(0, dimensions / 2).Select(i => 1 / Math.Pow(theta, 2.0 * i / dimensions))];

    /// <summary>The context that the model was trained on first: of the section, else at the top, else the longest.</summary>
    private protected static int OriginalLength(ConfigReader section, ConfigReader config) => section.Has("original_max_position_embeddings")
        ? Agreed(section, config, section.Size("original_max_position_embeddings"))
        : config.Size("original_max_position_embeddings", config.Has("max_position_embeddings") ? config.Size("max_position_embeddings") : null);

    private static int Agreed(ConfigReader section, ConfigReader config, int length) => config.SizeOrNull("original_max_position_embeddings", length) is { } top && top != length
        ? throw section.Wrong("original_max_position_embeddings", $"is {length}, and {top} outside of the section; they must be the same")
        : length;

    private static IEnumerable<string> Keys(ConfigReader section) => section.Root.Select(pair => pair.Key).Where(section.Has);

    /// <summary>The section, whose keys must be those of every scaling or its kind's own.</summary>
    private static ConfigReader Of(ConfigReader section, params string[] own)
    {
        string? foreign = Keys(section).FirstOrDefault(key => !SharedKeys.Contains(key) && !own.Contains(key));
        return foreign is null
            ? section
            : throw section.Wrong(Printable.Name(foreign), $"is not known beside this rope_type; known are {string.Join(", ", SharedKeys.Concat(own))}");
    }

    private static (string Type, ConfigReader Section)? Typed(ConfigReader config, string? layer, string[] supported)
    {
        foreach (var section in Sections(config, layer))
        {
            string key = section.Has("rope_type") ? "rope_type" : "type";
            if (section.Has(key))
            {
                return (section.OneOf(key, Default, supported), section);
            }
        }

        return null;
    }

    private static IEnumerable<ConfigReader> Sections(ConfigReader config, string? layer)
    {
        ConfigReader? parameters = config.Section("rope_parameters");
        return new[] { config.Section("rope_scaling"), layer is null ? parameters : parameters?.Section(layer) ?? parameters }.OfType<ConfigReader>();
    }
}
