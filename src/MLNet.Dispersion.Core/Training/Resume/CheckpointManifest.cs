namespace MLNet.Dispersion;

/// <summary>manifest.json of a training checkpoint: what it is, whose it is, and how each file is known to be whole.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="TotalSteps">Optimizer steps planned.</param>
/// <param name="Finished">Whether training ended there.</param>
/// <param name="Seed">Of the run.</param>
/// <param name="Written">When it was saved.</param>
/// <param name="Run">What tells this run from others: see <see cref="RunFingerprint"/>.</param>
/// <param name="Files">All other files.</param>
internal sealed record CheckpointManifest(
    int Step,
    int TotalSteps,
    bool Finished,
    int Seed,
    DateTimeOffset Written,
    IReadOnlyDictionary<string, string> Run,
    IReadOnlyList<CheckpointFile> Files)
{
    internal const string FileName = "manifest.json";

    // The version is that of the whole checkpoint's format.
    private static readonly VersionedJson<CheckpointManifest> Format =
        new("training checkpoint", "mlnet-dispersion/training-checkpoint", 1, "It is damaged, or of another build.") { Compact = true };

    /// <summary>Reads and checks the manifest of a checkpoint's folder.</summary>
    /// <exception cref="ModelFileException">It is missing or damaged, or of a newer version.</exception>
    internal static CheckpointManifest Read(FileSource source)
    {
        return source.Contains(FileName)
            ? Format.Read(source, FileName)
            : throw new ModelFileException(source.Describe(FileName), "There is no such file: the checkpoint is not whole.");
    }

    /// <summary>Reads every file and compares it with what was written.</summary>
    /// <exception cref="ModelFileException">A file is missing or differs; the message names it.</exception>
    internal void Verify(FileSource source)
    {
        foreach (CheckpointFile expected in Files)
        {
            string file = source.Describe(expected.Name);
            CheckpointFile? actual = null;
            source.Read(expected.Name, stream => actual = Hashing.Describe(expected.Name, stream));
            if (actual!.Length != expected.Length)
            {
                throw new ModelFileException(file, $"It is damaged: it has {actual.Length} bytes instead of {expected.Length}.");
            }

            if (actual.Sha256 != expected.Sha256)
            {
                throw new ModelFileException(file, $"It is damaged: its SHA-256 is {actual.Sha256}, but {expected.Sha256} was written.");
            }
        }
    }

    /// <summary>Writes the manifest.</summary>
    internal void Write(FileSink sink) => Format.Write(this, sink, FileName);
}

/// <summary>One file of a checkpoint, as the manifest lists it.</summary>
/// <param name="Name">A plain file name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Of its bytes, in lower-case hexadecimal.</param>
internal sealed record CheckpointFile(string Name, long Length, string Sha256);
