using System.Globalization;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What tells one training run from another: task, data, backbone as it was before training, options. Names and texts.</summary>
internal static partial class RunFingerprint
{
    private const int MostDifferences = 8;
    private const int ShownHashDigits = 12;
    private const string Task = "Task";

    /// <summary>How many micro-batches a step of all ranks has, which stays so whatever their number.</summary>
    private const string MicroBatches = "Distributed.MicroBatchesPerStep";

    /// <summary>What version 0.1 called the tasks, whose interrupted runs still go on.</summary>
    private static readonly Dictionary<string, string> FormerTasks = new()
    {
        ["CausalLMObjective"] = "causal language modelling",
        ["DistillationObjective"] = "distillation",
        ["ClassificationObjective"] = "text classification",
        ["RegressionObjective"] = "text regression",
    };

    /// <summary>Options that came after version 0.1, with the values by which they change nothing: its interrupted runs do not name them.</summary>
    private static readonly Dictionary<string, string[]> Later = new()
    {
        ["Options.Dispersion.Centering"] = [nameof(DispersionCentering.None)],
        ["Options.Dispersion.ScaleByDeviation"] = [bool.FalseString],
        ["Options.Dispersion.MomentRate"] = ["0.01"],
        ["Options.NeftuneCountsPads"] = [bool.FalseString],
        ["Options.ActiveForgetting.InitializerRange"] = [OptionsFingerprint.None],
        ["Options.ActiveForgetting.ZeroPadRow"] = [bool.FalseString],
        ["Options.ActiveForgetting.OwnSchedule"] = [bool.FalseString],
        ["Options.ActiveForgetting.PeakLearningRate"] = [OptionsFingerprint.None],
        ["Options.ActiveForgetting.WarmupRatio"] = ["0.08"],
        ["Options.HeadStart"] = [nameof(HeadStart.Linear)],
        ["Options.Pooling"] = [OptionsFingerprint.None, nameof(TextPooling.Family)],
        ["Options.LabelSmoothing"] = ["0"],
        ["Options.ClassWeights"] = [nameof(ClassWeighting.Even)],
        ["Options.Optimizer.Kind"] = [nameof(OptimizerKind.AdamW)],
        ["Options.Optimizer.Momentum"] = ["0"],
        ["Options.Optimizer.Nesterov"] = [bool.FalseString],
        ["Options.LayerLearningRateDecay"] = ["1"],
        ["Options.FrozenLayers"] = ["0"],
        ["Options.ValidationRows"] = [OptionsFingerprint.None],
        ["Options.BestBy"] = [OptionsFingerprint.None],
        ["Options.Schedule.Kind"] = [nameof(ScheduleKind.Cosine)],
        ["Options.Schedule.Cycles"] = [OptionsFingerprint.None],
        ["Options.Schedule.FloorRatio"] = ["0"],
        ["Options.Schedule.Power"] = ["1"],
        ["Options.Schedule.Timescale"] = [OptionsFingerprint.None],
        ["Options.Schedule.DecayRatio"] = ["0.1"],
        ["Options.Schedule.Decay"] = [nameof(DecayShape.Cosine)],
        ["Options.Schedule.WarmupStartRatio"] = ["0"],
        ["Options.Lora.RankPattern"] = [OptionsFingerprint.None],
        ["Options.Lora.AlphaPattern"] = [OptionsFingerprint.None],
        ["Options.Lora.UseDora"] = [bool.FalseString],
        ["Options.Lora.Bias"] = [nameof(LoraBias.None)],
        ["Options.Lora.ModulesToSave"] = [OptionsFingerprint.None],
    };

    /// <summary>The micro-batches of a step of the run that a directory's newest checkpoint is of; null where there is none, or it is of one process alone.</summary>
    internal static int? SavedMicroBatches(CheckpointOptions? options)
    {
        if (options is not { Resume: true } || CheckpointFolder.All(options.Directory) is not [.., var newest])
        {
            return null;
        }

        try
        {
            return int.TryParse(CheckpointManifest.Read(newest.Source).Run.GetValueOrDefault(MicroBatches), NumberStyles.None, CultureInfo.InvariantCulture, out int saved) && saved > 0 ? saved : null;
        }
        catch (ModelFileException)
        {
            // Read again, and told of, when training goes on.
            return null;
        }
    }

    /// <summary>Describes a run before its first step.</summary>
    internal static IReadOnlyDictionary<string, string> Of(LanguageBackbone backbone, TrainingObjective objective, TrainingOptimizer optimizer, TrainingRows rows, FineTuneOptions options, FineTuneDefaults numbers, int? microBatches = null)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        BackboneInfo info = backbone.Info;
        KeyValuePair<string, Tensor>[] weights = [.. backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (Tensor)pair.parameter))];
        var run = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [Task] = objective.Name,
            ["Task.Head"] = string.Join(", ", objective.HeadParameters.Select(parameter => Printable.Shape(parameter.shape))),
            ["Data.Rows"] = rows.Count.ToString(plain),
            ["Data.Tokens"] = rows.Tokens.ToString(plain),
            ["Data.Contents"] = Hashing.Of(rows, objective),
            ["Backbone"] = string.Create(plain, $"{info.ModelType} of {info.LayerCount} layers, {info.HiddenSize} features and {info.VocabularySize} tokens"),
            ["Backbone.Configuration"] = Hashing.Of([backbone.Config?.ToJsonString() ?? ""]),
            ["Backbone.Weights"] = Hashing.Of(weights),
            ["Backbone.Additions"] = Hashing.Of(optimizer.Trained.ExceptBy(weights.Select(pair => pair.Key), slot => slot.Name).Select(slot => KeyValuePair.Create(slot.Name, (Tensor)slot.Parameter))),
            ["Backbone.DropoutProbability"] = backbone.DropoutProbability?.ToString(plain) ?? "as configured",
            ["Backbone.Device"] = backbone.parameters().First().device_type.ToString(),
            ["Options.Seed"] = (options.Seed ?? 0).ToString(plain),
            ["Options.Epochs"] = numbers.Epochs.ToString(plain),
            ["Options.HeadLearningRateMultiplier"] = numbers.HeadLearningRateMultiplier.ToString(plain),
            ["Options.WarmupRatio"] = numbers.WarmupRatio.ToString(plain),
            ["Options.ValidationFraction"] = numbers.ValidationFraction.ToString(plain),
            ["Options.Precision"] = backbone.ComputeType.ToString(),
        };
        OptionsFingerprint.Describe(options, "Options.", run);
        if (objective.OwnOptions is { } own)
        {
            OptionsFingerprint.Describe(own, "Task.", run);
        }

        if (microBatches is { } shared)
        {
            run[MicroBatches] = shared.ToString(plain);
        }

        if (backbone.Adapter is { } adapter)
        {
            run["Backbone.Adapter"] = Hashing.Of(adapter.Parameters.Select(pair => KeyValuePair.Create(pair.Name, (Tensor)pair.Parameter)));
        }

        return run;
    }

    /// <summary>Checks that a checkpoint is of the present run.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="saved">Its run.</param>
    /// <param name="present">The run that is to go on from it.</param>
    /// <exception cref="ModelFileException">It is another's; the message names what differs.</exception>
    internal static void Check(CheckpointFolder folder, IReadOnlyDictionary<string, string> saved, IReadOnlyDictionary<string, string> present)
    {
        if (saved.TryGetValue(Task, out string? task) && FormerTasks.TryGetValue(task, out string? name))
        {
            saved = new Dictionary<string, string>(saved) { [Task] = name };
        }

        string[] differences = [.. present.Keys.Union(saved.Keys).Order(StringComparer.Ordinal)
            .Where(name => saved.GetValueOrDefault(name) != present.GetValueOrDefault(name))
            .Where(name => saved.ContainsKey(name) || !Later.TryGetValue(name, out string[]? neutral) || !neutral.Contains(present[name]))
            .Select(name => $"{name} is {Show(present, name)}, was {Show(saved, name)}")];
        if (differences.Length == 0)
        {
            return;
        }

        string list = string.Join("; ", differences.Take(MostDifferences)) + (differences.Length > MostDifferences ? $"; and {differences.Length - MostDifferences} more" : "");
        string hint = saved.GetValueOrDefault("Backbone.Weights") == present["Backbone.Weights"] ? "" : " Training changes a loaded model in place: load it again to go on.";
        throw new ModelFileException(
            folder.Path,
            $"It belongs to another run: {list}.{hint} Give back what was, name another CheckpointOptions.Directory, or set CheckpointOptions.Resume to false, which begins anew and deletes these checkpoints.");
    }

    private static string Show(IReadOnlyDictionary<string, string> run, string name) =>
        run.TryGetValue(name, out string? text) ? Hash().Replace(Printable.Name(text), match => match.Value[..ShownHashDigits] + "…") : "absent";

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hash();
}
