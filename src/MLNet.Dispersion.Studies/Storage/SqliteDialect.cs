using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace MLNet.Dispersion.Studies;

/// <summary>SQLite, in a file or in memory.</summary>
/// <param name="path">The file; null for memory.</param>
/// <param name="timeoutSeconds">How long a statement waits for others.</param>
internal sealed class SqliteDialect(string? path, int timeoutSeconds = 10) : SqlDialect
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, IOError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    internal override string Place => path is null ? "memory" : $"the file {path}";

    internal override string Now => "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    // A transaction that begins as a writer keeps all other writers out.
    internal override string? LockStudy => null;

    internal override string? LockSchema => null;

    internal override string CountVersionTables => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'study_schema'";

    internal override string? CountAllTables => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'";

    internal override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
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

    internal override Task<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(IsolationLevel.Serializable, deferred: false));
    }

    // What is in memory is gone with its connection.
    internal override bool IsTransient(Exception error) => path is not null && error is SqliteException { SqliteErrorCode: Busy or Locked };

    internal override string Cure(Exception error) => error is SqliteException sqlite ? sqlite.SqliteErrorCode switch
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
