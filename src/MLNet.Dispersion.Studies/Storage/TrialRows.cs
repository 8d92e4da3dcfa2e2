using System.Data.Common;
using System.Text.Json;
using MLNet.Dispersion.Studies.Spaces;
using MLNet.Dispersion.Studies.Trials;

namespace MLNet.Dispersion.Studies.Storage;

/// <summary>How trials lie in their table.</summary>
internal static class TrialRows
{
    /// <summary>The columns that <see cref="Read"/> reads, in order.</summary>
    internal const string Columns = "number, state, kind, attempt, parameters, worker, started, finished, objective_values, failure, notes";

    internal static Trial Read(DbDataReader row, SearchSpace space) => new()
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
