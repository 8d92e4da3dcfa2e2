namespace MLNet.Dispersion.Persistence;

/// <summary>A file of the checkpoint inside a saved model, and how to tell whether it is still whole.</summary>
/// <param name="Name">Its plain name.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">The hash of its bytes.</param>
internal sealed record StoredFile(string Name, long Length, byte[] Sha256);
