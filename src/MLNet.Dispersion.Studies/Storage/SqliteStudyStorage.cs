namespace MLNet.Dispersion.Studies;

/// <summary>Keeps a study in SQLite: one file that any number of threads and processes of one machine may use at the same time, or memory.</summary>
/// <remarks>
/// A crash at any moment, of the process or of the machine, leaves whole transactions only (write-ahead log, written to the disk at each commit). Beside the file lie two more while it is open,
/// with "-wal" and "-shm" at the end of their names. The file must be on a local disk. It may hold several studies, each with a name of its own.
/// </remarks>
public static class SqliteStudyStorage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Opens a study in a file, or creates both.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="definition">What the study is.</param>
    /// <param name="cancellationToken">Stops waiting for others that hold the file.</param>
    /// <returns>The storage; the caller disposes it.</returns>
    /// <exception cref="StudyStorageException">The file is held by others for a minute, damaged, not ours or of a newer version, or holds a study of this name with another space, seed or objectives.</exception>
    /// <exception cref="ArgumentException">The definition is not complete.</exception>
    public static async Task<IStudyStorage> OpenAsync(string path, StudyDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return await SqlStudyStorage.OpenAsync(new SqliteDialect(Path.GetFullPath(path)), definition, Patience, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates a study in memory, which is gone when it is disposed.</summary>
    /// <param name="definition">What the study is.</param>
    /// <param name="cancellationToken">Not waited for.</param>
    /// <returns>The storage; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The definition is not complete.</exception>
    public static async Task<IStudyStorage> OpenInMemoryAsync(StudyDefinition definition, CancellationToken cancellationToken = default) =>
        await SqlStudyStorage.OpenAsync(new SqliteDialect(null), definition, Patience, cancellationToken).ConfigureAwait(false);
}
