using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

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

/// <summary>SQLite, in a file or in memory.</summary>
/// <param name="path">The file; null for memory.</param>
/// <param name="timeoutSeconds">How long a statement waits for others.</param>
internal sealed class SqliteDialect(string? path, int timeoutSeconds = 10) : SqlDialect
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, IOError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    public override string Place => path is null ? "memory" : $"the file {path}";

    public override string Now => "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    // A transaction that begins as a writer keeps all other writers out.
    public override string? LockStudy => null;

    public override string? LockSchema => null;

    public override string CountVersionTables => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'study_schema'";

    public override string? CountAllTables => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'";

    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path ?? ":memory:",
            Mode = path is null ? SqliteOpenMode.Memory : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = timeoutSeconds,
        }.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);

            // With a write-ahead log a crash leaves whole transactions only, and "full" puts each on the disk before it counts.
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override Task<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(IsolationLevel.Serializable, deferred: false));
    }

    // What is in memory is gone with its connection.
    public override bool IsTransient(Exception cause) => path is not null && cause is SqliteException { SqliteErrorCode: Busy or Locked };

    public override string Cure(Exception cause) => cause is SqliteException sqlite ? sqlite.SqliteErrorCode switch
    {
        Busy or Locked => "Another program holds the file: close it, or wait until it has finished.",
        Full => "The disk is full: make room and go on with the study.",
        Corrupt => "The file is damaged: restore a copy, or begin a new study in another file.",
        NotADatabase => "The file is not a SQLite database: name another file.",
        CannotOpen => "Check that the folder exists and that this process may write into it.",
        ReadOnly => "The file, or its folder, is read-only: let this process write there, or name another file.",
        IOError => "Reading or writing failed: check the disk, and whether the file lies on a network drive (SQLite needs a local one; several machines share a study in PostgreSQL).",
        _ => "Check the file.",
    } : "Check the file.";
}
