using System.Data.Common;

namespace MLNet.Dispersion.Studies;

/// <summary>What differs between the databases that keep studies. Thread-safe.</summary>
internal abstract class SqlDialect
{
    /// <summary>The database, in words for messages.</summary>
    internal abstract string Place { get; }

    /// <summary>An expression for the database's time, in milliseconds since 1970.</summary>
    internal abstract string Now { get; }

    /// <summary>Makes everything that changes a study wait for one another until the transaction ends; null where writing transactions do so anyhow. Parameter <c>@study</c>.</summary>
    internal abstract string? LockStudy { get; }

    /// <summary>The same for everybody who creates or migrates tables.</summary>
    internal abstract string? LockSchema { get; }

    /// <summary>Counts this library's version table: 0 or 1.</summary>
    internal abstract string CountVersionTables { get; }

    /// <summary>Counts tables, where finding others' means that the file is not ours; null where a database may hold others' tables.</summary>
    internal abstract string? CountAllTables { get; }

    /// <summary>An open connection.</summary>
    internal abstract Task<DbConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>A transaction that may write.</summary>
    internal abstract Task<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Whether trying again may help.</summary>
    internal abstract bool IsTransient(Exception error);

    /// <summary>What the user can do about an error that stayed.</summary>
    internal abstract string Cure(Exception error);
}
