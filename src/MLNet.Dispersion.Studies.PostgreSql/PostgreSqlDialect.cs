using System.Data;
using System.Data.Common;
using Npgsql;

namespace MLNet.Dispersion.Studies;

/// <summary>PostgreSQL.</summary>
internal sealed class PostgreSqlDialect : SqlDialect
{
    private const long SchemaLock = 0x4D4C4453;
    private readonly string _connectionString;

    internal PostgreSqlDialect(string connectionString)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new ArgumentException($"This is no connection string of PostgreSQL: {error.Message} It looks like Host=server;Database=studies;Username=name;Password=word.", nameof(connectionString), error);
        }

        // The storage keeps one connection; one that comes back from a pool may be dead already.
        builder.Pooling = false;
        _connectionString = builder.ToString();
        Place = $"the PostgreSQL database {builder.Database} on {builder.Host}:{builder.Port}";
    }

    public override string Place { get; }

    public override string Now => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

    public override string? LockStudy => "SELECT id FROM study WHERE id = @study FOR UPDATE";

    public override string? LockSchema => $"SELECT pg_advisory_xact_lock({SchemaLock})";

    public override string CountVersionTables => "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'study_schema'";

    public override string? CountAllTables => null;

    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override async Task<DbTransaction> BeginAsync(DbConnection connection, CancellationToken cancellationToken) =>
        await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);

    // A server that is being started or stopped, or is out of connections, says so with a state of class 57 or 53.
    public override bool IsTransient(Exception cause) => cause is PostgresException server
        ? server.IsTransient || server.SqlState.StartsWith("57P", StringComparison.Ordinal) || server.SqlState.StartsWith("53", StringComparison.Ordinal)
        : cause is NpgsqlException;

    public override string Cure(Exception cause) => cause switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } => "Check user and password in the connection string.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => "Create the database first (createdb), or name another.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => "Grant this user the right to create and change tables in the database.",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "The server's disk is full: make room and go on with the study.",
        PostgresException => "Check the database.",
        _ => "Check that the server runs and can be reached, then go on with the study.",
    };
}
