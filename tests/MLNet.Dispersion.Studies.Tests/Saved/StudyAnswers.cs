using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Studies.Tests.Saved;

/// <summary>The studies that were saved, what they hold, and how they go on.</summary>
internal static class StudyAnswers
{
    /// <summary>Every kind of parameter, and conditions within conditions: the study's file holds the space as text, and only this very space opens it.</summary>
    public static readonly SearchSpace Space = SearchSpace.Empty
        .Uniform("x", -1, 1)
        .LogUniform("rate", 1e-5, 1)
        .Integer("epochs", 1, 9, 2)
        .LogInteger("units", 4, 512)
        .Choice("exact", true, false)
        .Choice("kind", "plain", "spread \"wide\" é")
        .When("kind", "spread \"wide\" é", sub => sub.Uniform("weight", 0.01, 1).Choice("layers", 1, 2, 3).When("layers", [2, 3], inner => inner.Uniform("share", 0, 1)));

    public static StudyDefinition Definition(string name) => new()
    {
        Name = name,
        Objectives = [new() { Name = "value", Maximize = false }, new() { Name = "size", Maximize = true }],
        Seed = 7,
        Space = Space,
    };

    /// <summary>The trials' own code.</summary>
    public static async Task<TrialOutcome> TryAsync(TrialContext context)
    {
        double value = Math.Pow(context.Parameters.GetDouble("x") - 0.3, 2) + Math.Abs(Math.Log10(context.Parameters.GetDouble("rate")) + 3);
        context.Notes["who"] = $"trial {context.Number}";
        for (int step = 1; step <= 3; step++)
        {
            if (await context.ReportAsync(step, value + (1.0 / step)) || (context.Number == 5 && step == 2))
            {
                return TrialOutcome.Pruned;
            }
        }

        return context.Number == 6 ? TrialOutcome.Failed("no \"such\" column") : TrialOutcome.Completed(value, context.Parameters.GetInteger("units"));
    }

    /// <summary>Runs a study on, with the sampler that learns from what was tried.</summary>
    public static Task<IReadOnlyList<Trial>> RunAsync(IStudyStorage storage, int trials, Func<TrialContext, Task<TrialOutcome>>? code = null, CancellationToken cancellationToken = default) =>
        new StudyRunner(storage, new TpeSampler(new TpeOptions { StartupTrials = 4 }))
            .RunAsync(code ?? TryAsync, new StudyRunOptions { MaxTrials = trials, WorkerName = "worker" }, cancellationToken);

    /// <param name="trials">The trials.</param>
    /// <param name="times">Whether the times, which the file holds, too, are part of the answer.</param>
    public static JsonArray Of(IReadOnlyList<Trial> trials, bool times) => SavedAnswers.List(trials, trial =>
    {
        var answer = new JsonObject
        {
            ["number"] = trial.Number,
            ["kind"] = trial.Kind,
            ["state"] = trial.State.ToString(),
            ["attempt"] = trial.Attempt,
            ["worker"] = trial.Worker,
            ["parameters"] = trial.Parameters is { } point ? JsonNode.Parse(point.ToJson()) : null,
            ["values"] = SavedAnswers.Numbers(trial.Values),
            ["intermediate"] = SavedAnswers.List(trial.Intermediate, value => new JsonArray(value.Step, SavedAnswers.Number(value.Value))),
            ["notes"] = new JsonObject(trial.Notes.Select(note => KeyValuePair.Create(note.Key, (JsonNode?)note.Value))),
            ["failure"] = trial.FailureReason,
        };
        if (times)
        {
            answer["started"] = trial.StartedUtc?.ToString("O", CultureInfo.InvariantCulture);
            answer["finished"] = trial.FinishedUtc?.ToString("O", CultureInfo.InvariantCulture);
        }

        return answer;
    });
}
