namespace MLNet.Dispersion.Models;

/// <summary>Where a family's config.json keeps its rotary positions, and what they are where it says nothing.</summary>
public sealed record RotaryKeys
{
    // Beyond these float32 angles of a long text are no numbers, or no positions any more.
    private const double LargestNumber = 1e6;
    private const int MostTokens = 1 << 24;

    /// <summary>Gets the key of the base at the top, as older files have it.</summary>
    public string ThetaKey { get; init; } = "rope_theta";

    /// <summary>Gets the base where no key names one.</summary>
    public double Theta { get; init; } = 10000;

    /// <summary>Gets the key of the rotated share of a head at the top, as older files have it.</summary>
    public string ShareKey { get; init; } = "partial_rotary_factor";

    /// <summary>Gets the share where no key names one; null for families that turn whole heads and have no such key.</summary>
    public double? Share { get; init; }

    /// <summary>Gets the kind of layers, where newer files have a section for each kind.</summary>
    public string? Layer { get; init; }

    /// <summary>Gets a value indicating whether features 2i and 2i + 1 are turned together.</summary>
    public bool IsInterleaved { get; init; }

    /// <summary>Gets a value indicating whether the family knows stretchings to a longer context.</summary>
    public bool HasScaling { get; init; } = true;

    /// <summary>Reads the rotary positions, in the older and in the newer form of files.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="headSize">Features of a head.</param>
    /// <exception cref="ModelFileException">A value is outside its range, or asks for what is not supported.</exception>
    public RotarySpec Read(ConfigReader config, int headSize)
    {
        ArgumentNullException.ThrowIfNull(config);
        RopeScaling.Check(config, Layer);
        if (!HasScaling)
        {
            RopeScaling.Refuse(config);
        }

        int dimensions = Share is { } share ? RopeScaling.Dimensions(config, headSize, ShareKey, share) : headSize;
        RopeScaling? scaling = HasScaling ? RopeScaling.Read(config, Layer) : null;
        if (scaling is LongRopeScaling { Short: var shorter, Long: var longer } && (shorter.Count != dimensions / 2 || longer.Count != dimensions / 2))
        {
            throw config.Wrong("short_factor and long_factor", $"hold {shorter.Count} and {longer.Count} numbers; a head turns {dimensions / 2} pairs of features");
        }

        var spec = new RotarySpec { Dimensions = dimensions, Theta = RopeScaling.Theta(config, ThetaKey, Theta, Layer), Scaling = scaling, IsInterleaved = IsInterleaved };
        double fastest = new[] { 0, MostTokens }.Max(length => spec.Frequencies(length).Max());
        return fastest <= LargestNumber && spec.AttentionFactor <= LargestNumber
            ? spec
            : throw config.Wrong("rope_scaling, rope_parameters or a rotary base", FormattableString.Invariant($"turns features by {fastest} a token and multiplies them by {spec.AttentionFactor}; both must be at most {LargestNumber}, since the positions were no numbers"));
    }
}
