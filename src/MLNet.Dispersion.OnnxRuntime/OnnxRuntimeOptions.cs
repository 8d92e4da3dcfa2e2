namespace MLNet.Dispersion;

/// <summary>How <see cref="OnnxRuntimeEngine"/> computes.</summary>
/// <remarks>Not thread-safe; the engine reads a copy.</remarks>
public sealed class OnnxRuntimeOptions
{
    // A file of protobuf ends at 2 GiB; the graph itself needs some of it.
    private const long MostBytes = 2_000_000_000;

    /// <summary>
    /// Gets or sets how matrices are held. Default <see cref="OnnxWeightType.Float32"/>: the answers of torch up to rounding. What <see cref="OnnxWeightType.Int8"/> loses:
    /// docs/measured.md ("ONNX Runtime").
    /// </summary>
    public OnnxWeightType Weights { get; set; }

    /// <summary>Gets or sets the threads of one batch, at least 1. Default null: as many as torch has when a model is prepared.</summary>
    public int? Threads { get; set; }

    /// <summary>
    /// Gets or sets the most bytes of weights for which the export is made in memory. With more it is made in a folder of its own in the temporary directory, which stays until the engine is done with it.
    /// From 0, always a folder, to 2,000,000,000, the limit of the format and the default.
    /// </summary>
    public long MaxBytesInMemory { get; set; } = MostBytes;

    /// <summary>Makes a copy.</summary>
    public OnnxRuntimeOptions Clone() => (OnnxRuntimeOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names it, the value and the range.</exception>
    public void Validate()
    {
        if (!Enum.IsDefined(Weights))
        {
            throw new ArgumentOutOfRangeException(nameof(Weights), Weights, $"OnnxRuntimeOptions.Weights is {Weights}; it must be one of {string.Join(", ", Enum.GetNames<OnnxWeightType>())}.");
        }

        if (Threads < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(Threads), Threads, FormattableString.Invariant($"OnnxRuntimeOptions.Threads is {Threads}; it must be at least 1, or null for torch's."));
        }

        if (MaxBytesInMemory is < 0 or > MostBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxBytesInMemory), MaxBytesInMemory, FormattableString.Invariant($"OnnxRuntimeOptions.MaxBytesInMemory is {MaxBytesInMemory}; it must be from 0 to {MostBytes}."));
        }
    }
}
