using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tool;

/// <summary>Says how a training went.</summary>
internal static class TrainingReport
{
    public static JsonObject Json(FineTuneResult result, string output) => new()
    {
        ["output"] = output,
        ["steps"] = result.Steps,
        ["stopped"] = result.StopReason.ToString(),
        ["resumedFromStep"] = result.ResumedFromStep,
        ["trainedTokens"] = result.TrainedTokens,
        ["seconds"] = result.Elapsed.TotalSeconds,
        ["learningRate"] = result.LearningRate,
        ["bestEpoch"] = result.BestEpoch,
        ["bestValidationLoss"] = Figure.Finite(result.BestValidationLoss),
        ["lastTaskLoss"] = Figure.Finite(result.History.Count > 0 ? result.History[^1].TaskLoss : null),
        ["warning"] = result.Warning,
    };

    public static string Text(FineTuneResult result, string output)
    {
        string resumed = result.ResumedFromStep is { } step ? string.Create(CultureInfo.InvariantCulture, $", gone on from step {step}") : "";
        string loss = result.BestValidationLoss is { } best ? string.Create(CultureInfo.InvariantCulture, $"best held-out loss {best:0.0000} after epoch {result.BestEpoch}")
            : result.History.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"last loss {result.History[^1].TaskLoss:0.0000}") : "no step";
        return string.Create(CultureInfo.InvariantCulture, $"{result.Steps} steps in {result.Elapsed.TotalSeconds:0.0} s{resumed}, {loss}.\nWrote {output}") + (result.Warning is { } warning ? "\n" + warning : "");
    }
}
