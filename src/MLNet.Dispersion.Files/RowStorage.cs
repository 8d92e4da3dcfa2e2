namespace MLNet.Dispersion.Files;

/// <summary>Where rows of data are kept that may be larger than memory: in memory up to a size, from there on in a file.</summary>
public sealed record RowStorage
{
    /// <summary>The default of <see cref="MemoryBytes"/>: 256 MiB.</summary>
    public const long DefaultMemoryBytes = 1L << 28;

    /// <summary>Gets rows that stay in memory, however many they are.</summary>
    public static RowStorage Memory { get; } = new() { MemoryBytes = long.MaxValue };

    /// <summary>Gets the most bytes of contents that one set of rows has in memory; a larger one moves into a file, and has some bytes a row there. Default <see cref="DefaultMemoryBytes"/>. At least 0, by which each set has a file.</summary>
    public long MemoryBytes { get; init; } = DefaultMemoryBytes;

    /// <summary>Gets the folder in which files of finished rows stay to be found again; null (default) for the system's temporary folder, from which they go with the rows.</summary>
    public string? KeepIn { get; init; }
}
