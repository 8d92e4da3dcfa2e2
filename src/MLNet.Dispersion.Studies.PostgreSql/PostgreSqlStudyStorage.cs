namespace MLNet.Dispersion.Studies;

/// <summary>Keeps a study in PostgreSQL, for workers on several machines: each opens the same study by its name.</summary>
/// <remarks>
/// The tables (study_schema, study, trial, intermediate) are created in the user's current schema; one database may hold any number of studies. Leases go by the server's clock. A lost connection is made anew, and what was
/// under way done again, for as long as <c>patience</c> allows; nothing is lost or doubled by it. Made for PostgreSQL 12 and later.
/// </remarks>
public static class PostgreSqlStudyStorage
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(90);

    /// <summary>Opens a study, or creates it.</summary>
    /// <param name="connectionString">The database, in Npgsql's form: <c>Host=server;Database=studies;Username=name;Password=word</c>.</param>
    /// <param name="definition">What the study is.</param>
    /// <param name="patience">How long a lost connection is tried again; null for 90 seconds. Workers should have leases that are longer, or they give trials up meanwhile.</param>
    /// <param name="cancellationToken">Stops waiting for the server.</param>
    /// <returns>The storage; the caller disposes it.</returns>
    /// <exception cref="StudyStorageException">The server cannot be reached or refuses, its tables are of a newer version, or it holds a study of this name with another space, seed or objectives.</exception>
    /// <exception cref="ArgumentException">The connection string cannot be read, or the definition is not complete.</exception>
    public static async Task<IStudyStorage> OpenAsync(string connectionString, StudyDefinition definition, TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        return await SqlStudyStorage.OpenAsync(new PostgreSqlDialect(connectionString), definition, patience ?? DefaultPatience, cancellationToken).ConfigureAwait(false);
    }
}
