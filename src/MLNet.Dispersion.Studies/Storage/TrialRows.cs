using System.Data.Common;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>How trials lie in their table.</summary>
internal static class TrialRows
{
    /// <summary>The columns that <see cref="Read"/> reads, in order.</summary>
    internal const string Columns = "number, state, kind, attempt, parameters, worker, started, finished, objective_values, failure, notes";

    /// <summary>Text that every database takes: PostgreSQL refuses a character of code 0 and half a surrogate pair, which messages of native code and cut-off texts hold.</summary>
    internal static string? Storable(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');

    /// <summary>The trial in a row.</summary>
    /// <exception cref="StudyStorageException">Somebody else changed the row.</exception>
    internal static Trial Read(DbDataReader row, SearchSpace space)
    {
        try
        {
            return ReadColumns(row, space);
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidCastException)
        {
            throw new StudyStorageException($"Trial {row.GetInt64(0)} of the study cannot be read: {error.Message} Its row was changed by something other than this library: restore a copy, or begin a new study.", error);
        }
    }

    private static Trial ReadColumns(DbDataReader row, SearchSpace space) => new()
    {
        Number = (int)row.GetInt64(0),
        State = (TrialState)row.GetInt64(1),
        Kind = row.GetString(2),
        Attempt = (int)row.GetInt64(3),
        Parameters = Text(row, 4) is { } parameters ? ParameterSet.Parse(parameters, space) : null,
        Worker = Text(row, 5),
        StartedUtc = Time(row, 6),
        FinishedUtc = Time(row, 7),
        Values = Text(row, 8) is { } values ? JsonSerializer.Deserialize<double[]>(values)! : [],
        FailureReason = Text(row, 9),
        Notes = Text(row, 10) is { } notes ? JsonSerializer.Deserialize<Dictionary<string, string>>(notes)! : [],
    };

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTime? Time(DbDataReader row, int column) => row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column)).UtcDateTime;
}
