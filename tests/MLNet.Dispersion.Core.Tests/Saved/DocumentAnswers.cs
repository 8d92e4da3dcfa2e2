using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>What is in reports, evaluations and benchmark tasks.</summary>
internal static class DocumentAnswers
{
    public static JsonObject Of(CondensationReport report) => new()
    {
        ["model"] = report.Model,
        ["measured"] = report.Measured.ToString("O", CultureInfo.InvariantCulture),
        ["sampling"] = new JsonArray(report.MaxTokens, report.MinTokens, report.SampleSeed, report.TruncatedTexts, report.SpectrumTexts),
        ["profile"] = ModelAnswers.Of(report.Profile),
        ["layers"] = SavedAnswers.List(report.Layers, layer => new JsonObject
        {
            ["name"] = layer.Name,
            ["hidden state"] = layer.HiddenState,
            ["fraction"] = SavedAnswers.Number(layer.Fraction),
            ["measures"] = new JsonObject(layer.Measures.Select(pair => KeyValuePair.Create(pair.Key.ToString(), (JsonNode?)SavedAnswers.Number(pair.Value)))),
            ["spectrum"] = SavedAnswers.Numbers(layer.Spectrum),
        }),
    };

    public static JsonObject Of(EvaluationResult result) => new()
    {
        ["model"] = result.Model,
        ["measured"] = result.Measured.ToString("O", CultureInfo.InvariantCulture),
        ["seed"] = result.Seed,
        ["mean"] = SavedAnswers.Numbers([result.Mean, result.MeanStandardError]),
        ["tasks"] = SavedAnswers.List(result.Tasks, task => new JsonObject
        {
            ["task"] = task.Task,
            ["title"] = task.Title,
            ["counts"] = new JsonArray(task.Items, task.AvailableItems, task.FewShot, task.TruncatedPrompts, task.TruncatedChoices, task.ScoredTokens, task.ForwardSequences),
            ["scores"] = SavedAnswers.List(task.Scores, score => new JsonArray(score.Metric.ToString(), SavedAnswers.Number(score.Value), SavedAnswers.Number(score.StandardError))),
        }),
    };

    public static JsonObject Of(BenchmarkTask task) => new()
    {
        ["name"] = task.Name,
        ["title"] = task.Title,
        ["metrics"] = SavedAnswers.Words(task.Template.Metrics.Select(metric => metric.ToString())),
        ["shots"] = new JsonArray(task.Template.FewShot, task.Template.FewShotDraw.ToString(), task.Template.Separator),
        ["items"] = SavedAnswers.List(task.Items, Of),
        ["examples"] = SavedAnswers.List(task.Examples, Of),
    };

    private static JsonObject Of(BenchmarkItem item) => new()
    {
        ["id"] = item.Id,
        ["preamble"] = item.Preamble,
        ["choices"] = SavedAnswers.List(item.Choices, choice => new JsonArray(choice.Context, choice.Continuation, choice.Text, choice.IsTrue)),
    };
}
