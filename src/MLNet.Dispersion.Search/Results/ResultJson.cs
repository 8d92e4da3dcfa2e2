using System.Text.Json.Nodes;

namespace MLNet.Dispersion;

/// <summary>A result as JSON.</summary>
internal static class ResultJson
{
    // Without a kind, as version 0.1.0 wrote it: the answers stay the same, and nothing reads it back.
    private static readonly VersionedJson<JsonObject> Format = new("search result", schema: null, 1, "Write it again with SearchResult.ToJson.");

    internal static string Write(SearchResult result) => Format.Write(new JsonObject
    {
        ["metrics"] = new JsonArray([.. result.Objectives.Select(objective => new JsonObject { ["name"] = objective.Name, ["maximize"] = objective.Maximize })]),
        ["space"] = JsonNode.Parse(result.Space.ToJson()),
        ["best"] = result.Best?.Number,
        ["dispersion"] = new JsonObject
        {
            ["word"] = Verdict.TextOf(result.Dispersion.Word),
            ["exploratory"] = result.Dispersion.IsExploratory,
            ["bestWith"] = result.Dispersion.BestWith?.Number,
            ["bestWithout"] = result.Dispersion.BestWithout?.Number,
            ["difference"] = result.Dispersion.Difference,
            ["confirmation"] = result.Confirmation is { } confirmation ? Confirmation(confirmation) : null,
        },
        ["importance"] = new JsonObject(result.Importance.Select(importance => KeyValuePair.Create(importance.Parameter, (JsonNode?)importance.Share))),
        ["importanceByChance"] = result.Importance is [var first, ..] ? first.ChanceShare : null,
        ["paretoFront"] = new JsonArray([.. result.ParetoFront.Select(trial => (JsonNode)trial.Number)]),
        ["trials"] = new JsonArray([.. result.Trials.Select(Trial)]),
    });

    private static JsonObject Confirmation(SearchConfirmation confirmation) => new()
    {
        ["trial"] = confirmation.Trial,
        ["seeds"] = confirmation.Seeds,
        ["rows"] = confirmation.Rows,
        ["estimate"] = confirmation.Verdict.Interval.Estimate,
        ["lower"] = confirmation.Verdict.Interval.Lower,
        ["upper"] = confirmation.Verdict.Interval.Upper,
        ["level"] = confirmation.Verdict.Interval.Level,
        ["leastEffect"] = confirmation.Verdict.LeastEffect,
    };

    private static JsonNode Trial(Trial trial) => new JsonObject
    {
        ["number"] = trial.Number,
        ["kind"] = trial.Kind,
        ["state"] = $"{trial.State}",
        ["attempt"] = trial.Attempt,
        ["worker"] = trial.Worker,
        ["parameters"] = trial.Parameters is { } point ? JsonNode.Parse(point.ToJson()) : null,
        ["values"] = new JsonArray([.. trial.Values.Select(value => (JsonNode)value)]),
        ["intermediate"] = new JsonArray([.. trial.Intermediate.Select(value => new JsonObject { ["step"] = value.Step, ["value"] = double.IsFinite(value.Value) ? value.Value : null })]),
        ["notes"] = new JsonObject(trial.Notes.Select(note => KeyValuePair.Create(note.Key, (JsonNode?)note.Value))),
        ["failureReason"] = trial.FailureReason,
        ["startedUtc"] = trial.StartedUtc,
        ["finishedUtc"] = trial.FinishedUtc,
    };
}
