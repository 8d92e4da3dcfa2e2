using System.Globalization;

namespace MLNet.Dispersion.Studies;

/// <summary>The tables of a study, version by version.</summary>
internal static class StudySchema
{
    /// <summary>Statements that lead from each version to the next; from none to 1 first.</summary>
    private static readonly string[][] Migrations =
    [
        [
            "CREATE TABLE study_schema (version BIGINT NOT NULL)",
            "INSERT INTO study_schema (version) VALUES (0)",
            "CREATE TABLE study (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, seed BIGINT NOT NULL, objectives TEXT NOT NULL, space TEXT NOT NULL)",
            """
            CREATE TABLE trial (study BIGINT NOT NULL REFERENCES study (id), number BIGINT NOT NULL, state BIGINT NOT NULL, kind TEXT NOT NULL, attempt BIGINT NOT NULL, parameters TEXT, worker TEXT,
              lease_end BIGINT, started BIGINT, finished BIGINT, objective_values TEXT, failure TEXT, PRIMARY KEY (study, number))
            """,
            "CREATE TABLE intermediate (study BIGINT NOT NULL, number BIGINT NOT NULL, step BIGINT NOT NULL, value DOUBLE PRECISION, PRIMARY KEY (study, number, step))",
        ],
        ["ALTER TABLE trial ADD COLUMN notes TEXT"],
        ["ALTER TABLE trial ADD COLUMN lease BIGINT"],
    ];

    /// <summary>The version that this library writes.</summary>
    internal static int Version => Migrations.Length;

    /// <summary>Creates the tables, or brings older ones up to date.</summary>
    /// <exception cref="StudyStorageException">They are of a newer version, or the file holds something else.</exception>
    internal static async Task<bool> MigrateAsync(SqlSession session, SqlDialect dialect, int upTo)
    {
        if (dialect.LockSchema is { } hold)
        {
            await session.ExecuteAsync(hold).ConfigureAwait(false);
        }

        long version = 0;
        if (await session.ScalarAsync<long>(dialect.CountVersionTables).ConfigureAwait(false) > 0)
        {
            version = await session.ScalarAsync<long>("SELECT version FROM study_schema").ConfigureAwait(false) ?? 0;
        }
        else if (dialect.CountAllTables is { } count && await session.ScalarAsync<long>(count).ConfigureAwait(false) > 0)
        {
            throw new StudyStorageException($"{dialect.Place} is a database, but holds no study: it belongs to another program. Name another file.");
        }

        if (version > Version)
        {
            throw new StudyStorageException(string.Create(CultureInfo.InvariantCulture, $"The study in {dialect.Place} was written by a newer version of this library (tables of version {version}; this one knows up to {Version}). Update MLNet.Dispersion.Studies, or name another place."));
        }

        for (; version < upTo; version++)
        {
            foreach (string statement in Migrations[version])
            {
                await session.ExecuteAsync(statement).ConfigureAwait(false);
            }

            await session.ExecuteAsync("UPDATE study_schema SET version = @version", ("version", version + 1)).ConfigureAwait(false);
        }

        return true;
    }
}
