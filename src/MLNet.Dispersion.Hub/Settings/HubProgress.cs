namespace MLNet.Dispersion;

/// <summary>How far a download from the hub has come. Immutable.</summary>
/// <remarks>Bytes that an earlier, broken download left in the cache count as done from the start, but not for the rate.</remarks>
public sealed record HubProgress
{
    /// <summary>Gets the file that is being downloaded, as the repository names it.</summary>
    public required string File { get; init; }

    /// <summary>Gets how many bytes of that file are there.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Gets that file's size in bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>Gets how many bytes are there of all files that this call downloads.</summary>
    public required long Bytes { get; init; }

    /// <summary>Gets the size of all files that this call downloads, in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Gets the rate of the last seconds in bytes a second; 0 until there is one.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>Gets the time that the rest takes at this rate; null until there is a rate.</summary>
    public required TimeSpan? Remaining { get; init; }
}
