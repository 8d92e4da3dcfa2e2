namespace MLNet.Dispersion.Hub;

/// <summary>What the hub says of a file before it is downloaded.</summary>
/// <param name="Hash">By what it is verified, and its name in the cache: 64 hexadecimal digits of the SHA-256 for files of LFS, 40 of git's blob hash for others.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record BlobMetadata(string Hash, long Size);
