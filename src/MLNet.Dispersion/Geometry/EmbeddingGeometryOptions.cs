using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What <see cref="EmbeddingGeometryEstimator"/> measures of each text.</summary>
/// <remarks>Not thread-safe while it is edited; the estimator copies it.</remarks>
public sealed class EmbeddingGeometryOptions
{
    /// <summary>
    /// Gets or sets what to measure by layer, one added column each. Default: <see cref="GeometryMeasure.MeanCosine"/> alone, which is always measured whether named
    /// or not. Those that need singular values (<see cref="GeometryMeasures.NeedsSingularValues"/>) cost more than a small model's forward pass.
    /// </summary>
    public IReadOnlyList<GeometryMeasure> Measures { get; set; } = [GeometryMeasure.MeanCosine];

    /// <summary>Gets or sets the most tokens of a text that are looked at, the rest is cut off; never more than the model's context length. Default 512 (published). At least 2.</summary>
    public int MaxTokens { get; set; } = CondensationProbe.DefaultMaxTokens;

    /// <summary>
    /// Gets or sets where a backbone is loaded to: <c>auto</c> (default: CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>mps</c>.
    /// A fitted model is measured where it is.
    /// </summary>
    public string Device { get; set; } = "auto";

    /// <summary>Gets or sets what the names of the added columns begin with, in front of a dot. Default <c>Geometry</c>, which makes <c>Geometry.MeanCosine</c>.</summary>
    public string OutputColumnPrefix { get; set; } = "Geometry";

    internal EmbeddingGeometryOptions Clone() => new()
    {
        Measures = [.. Measures ?? throw new ArgumentNullException(nameof(Measures))],
        MaxTokens = MaxTokens,
        Device = Device,
        OutputColumnPrefix = OutputColumnPrefix,
    };

    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    internal void Validate()
    {
        foreach (GeometryMeasure measure in Measures.Where(measure => !Enum.IsDefined(measure)))
        {
            throw new ArgumentOutOfRangeException(nameof(Measures), measure, string.Create(
                CultureInfo.InvariantCulture,
                $"EmbeddingGeometryOptions.Measures holds {(int)measure}, which is no measure; choose from {string.Join(", ", GeometryMeasures.All)}."));
        }

        if (MaxTokens < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxTokens), MaxTokens, string.Create(
                CultureInfo.InvariantCulture,
                $"EmbeddingGeometryOptions.MaxTokens is {MaxTokens}; it must be at least 2, since one token has no pair."));
        }

        ArgumentException.ThrowIfNullOrWhiteSpace(Device, nameof(EmbeddingGeometryOptions) + "." + nameof(Device));
        ArgumentException.ThrowIfNullOrWhiteSpace(OutputColumnPrefix, nameof(EmbeddingGeometryOptions) + "." + nameof(OutputColumnPrefix));
    }
}
