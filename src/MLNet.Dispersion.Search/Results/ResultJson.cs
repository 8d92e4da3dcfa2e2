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
            ["helped"] = result.Dispersion.Helped,
            ["bestWith"] = result.Dispersion.BestWith?.Number,
            ["bestWithout"] = result.Dispersion.BestWithout?.Number,
            ["difference"] = result.Dispersion.Difference,
        },
        ["importance"] = new JsonObject(result.Importance.Select(importance => KeyValuePair.Create(importance.Parameter, (JsonNode?)importance.Share))),
        ["paretoFront"] = new JsonArray([.. result.ParetoFront.Select(trial => (JsonNode)trial.Number)]),
        ["trials"] = new JsonArray([.. result.Trials.Select(Trial)]),
    });

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
