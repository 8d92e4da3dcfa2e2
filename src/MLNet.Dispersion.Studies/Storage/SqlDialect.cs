using System.Data.Common;

namespace MLNet.Dispersion.Studies;

/// <summary>Says what differs between the databases that keep studies: derive from it to keep them in another one, with <see cref="SqlStudyStorage"/>.</summary>
/// <remarks>Thread-safe, and so must be what derives from it. Its SQL runs as it is: none of it may hold anything that a user wrote.</remarks>
public abstract class SqlDialect
{
    /// <summary>Gets the name of the database in messages, such as <c>the file studies.db</c>.</summary>
    public abstract string Place { get; }

    /// <summary>Gets an expression for the database's own time, in milliseconds since 1970 (UTC).</summary>
    public abstract string Now { get; }

    /// <summary>Gets the statement after which everything that changes a study waits until the transaction ends; its parameter <c>@study</c> is the study's id. Null where writing transactions wait for one another anyhow.</summary>
    public abstract string? LockStudy { get; }

    /// <summary>Gets the statement after which everybody who creates or migrates tables waits until the transaction ends. Null where writing transactions wait for one another anyhow.</summary>
    public abstract string? LockSchema { get; }

    /// <summary>Gets the query that counts tables named <c>study_schema</c>: 0 or 1.</summary>
    public abstract string CountVersionTables { get; }

    /// <summary>Gets the query that counts all tables, where finding others' means that the file is not a study's. Null where a database may hold others' tables.</summary>
    public abstract string? CountAllTables { get; }

    /// <summary>Opens a connection.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The open connection; the caller disposes it.</returns>
    /// <exception cref="DbException">It cannot be opened.</exception>
    public abstract Task<DbConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction that may write.</summary>
    /// <param name="connection">A connection of <see cref="ConnectAsync"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The transaction; the caller ends it.</returns>
    /// <exception cref="DbException">It cannot be begun.</exception>
    public abstract Task<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken);

    /// <summary>Tells whether trying a transaction again may help.</summary>
    /// <param name="cause">What ended it.</param>
    public abstract bool IsTransient(Exception cause);

    /// <summary>Says what the user can do about an error that stayed, in a sentence.</summary>
    /// <param name="cause">The error.</param>
    public abstract string Cure(Exception cause);
}
