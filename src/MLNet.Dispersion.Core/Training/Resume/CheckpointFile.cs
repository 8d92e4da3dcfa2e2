namespace MLNet.Dispersion;

/// <summary>One file of a checkpoint, as the manifest lists it.</summary>
/// <param name="Name">A plain file name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Of its bytes, in lower-case hexadecimal.</param>
internal sealed record CheckpointFile(string Name, long Length, string Sha256);
