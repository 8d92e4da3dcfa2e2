using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>Trainings that a case describes, and what they leave, times left out.</summary>
internal static class RunAnswers
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Runs the training that a case describes.</summary>
    /// <param name="run">The case: its task, backbone, data and options.</param>
    /// <param name="folder">Where the case's backbones are.</param>
    /// <param name="change">Changes the options: where checkpoints are, who is told.</param>
    public static JsonObject Of(JsonObject run, string folder, Action<FineTuneOptions> change)
    {
        var options = run["options"].Deserialize<FineTuneOptions>(Json)!;
        change(options);

        // What it took in version 0.1 where the options named nothing.
        options.Pooling ??= TextPooling.Family;
        options.Epochs ??= 3;
        options.HeadLearningRateMultiplier ??= 10;
        options.WarmupRatio ??= 0.2;
        options.ValidationFraction ??= 0.1;
        var backbone = ModelSource.FromDirectory(Path.Combine(folder, (string)run["backbone"]!));
        string[] texts = run["texts"].Deserialize<string[]>() ?? [];
        switch ((string?)run["task"])
        {
            case "classification":
                int[] labels = run["labels"].Deserialize<int[]>()!;
                using (var classifier = TextClassifier.Train(backbone, texts, labels, 2, options))
                {
                    return Of(classifier.TrainingResult!, classifier.LanguageModel, ModelAnswers.Of(classifier));
                }

            case "regression":
                using (var regressor = TextRegressor.Train(backbone, texts, run["labels"].Deserialize<float[]>()!, options))
                {
                    return Of(regressor.TrainingResult!, regressor.LanguageModel, ModelAnswers.Of(regressor));
                }

            default:
                using (var model = PretrainedLanguageModel.Load(backbone))
                {
                    using PretrainedLanguageModel? teacher = run["teacher"] is { } name ? PretrainedLanguageModel.Load(ModelSource.FromDirectory(Path.Combine(folder, (string)name!))) : null;
                    if (teacher is not null)
                    {
                        options.Distillation!.Teacher = teacher;
                    }

                    return Of(LanguageModelTrainer.Train(model, run["blocks"].Deserialize<int[][]>()!, options), model, ModelAnswers.Of(model));
                }
        }
    }

    private static JsonObject Of(FineTuneResult result, PretrainedLanguageModel model, JsonObject answers)
    {
        // The weights that training left are compared number by number, not by their hash: another processor may round them otherwise.
        answers["weights"]!.AsObject().Remove("sha256");
        return new JsonObject
        {
            ["steps"] = result.Steps,
            ["tokens"] = result.TrainedTokens,
            ["stopped"] = result.StopReason.ToString(),
            ["warning"] = result.Warning,
            ["type"] = result.ComputeType.ToString(),
            ["best epoch"] = result.BestEpoch,
            ["best loss"] = SavedAnswers.Number(result.BestValidationLoss),
            ["rate"] = SavedAnswers.Number(result.LearningRate),
            ["resumed from"] = result.ResumedFromStep,
            ["history"] = SavedAnswers.List(result.History, step => new JsonObject
            {
                ["step"] = step.Step,
                ["of"] = step.TotalSteps,
                ["epoch"] = step.Epoch,
                ["figures"] = new JsonArray([
                    SavedAnswers.Number(step.TaskLoss), SavedAnswers.Number(step.Dispersion), SavedAnswers.Number(step.LearningRate), SavedAnswers.Number(step.GradientNorm), SavedAnswers.Number(step.ValidationLoss),
                    SavedAnswers.Number(step.ValidationAccuracy), SavedAnswers.Number(step.Distillation), SavedAnswers.Number(step.HiddenStateDistillation),
                ]),
            }),
            ["geometry"] = ModelAnswers.Of(result.GeometryHistory),
            ["trained"] = new JsonObject(model.Backbone.named_parameters().Select(pair =>
            {
                using torch.Tensor flat = pair.parameter.detach().flatten();
                return KeyValuePair.Create(pair.name, (JsonNode?)SavedAnswers.Numbers(flat.data<float>().ToArray()));
            })),
            ["model"] = answers,
        };
    }
}
