using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Runs of TRL's trainers on conversations and preference pairs: prepared rows, batches, and every step; one case a run.</summary>
public sealed class TrlReferenceTests : ReferenceTests
{
    // What the folder's README asks for.
    private const double Tolerance = 1e-5;
    private const double WideTolerance = 1e-4;
    private const double RewardTolerance = 2e-5;
    private const double AccuracyTolerance = 1e-6;

    [SkippableFact]
    public void Prepare_EveryRun_GivesTheReferencesRows() => EachRun((folder, run) =>
    {
        using PretrainedLanguageModel model = run.Load();
        JsonElement[] expected = [.. folder.Json("prepared.json").GetProperty(run.Name).EnumerateArray()];
        if (run.IsPreference)
        {
            var encoder = new ConversationEncoder(model, template: null, CancellationToken.None);
            EncodedPreference[] pairs = [.. run.Pairs.Select(encoder.Encode)];
            Assert.Equal(expected.Length, pairs.Length);
            Assert.All(expected.Zip(pairs), pair =>
            {
                Assert.Equal(Ids(pair.First, "prompt_ids"), pair.Second.Chosen[..pair.Second.Start]);
                Assert.Equal(Ids(pair.First, "prompt_ids"), pair.Second.Rejected[..pair.Second.Start]);
                Assert.Equal(Ids(pair.First, "chosen_ids"), pair.Second.Chosen[pair.Second.Start..]);
                Assert.Equal(Ids(pair.First, "rejected_ids"), pair.Second.Rejected[pair.Second.Start..]);
            });
            return;
        }

        InstructionRows rows = run.Rows(model);
        Assert.Equal(expected.Length, rows.Sequences.Count);
        for (int row = 0; row < expected.Length; row++)
        {
            Assert.Equal(Ids(expected[row], "input_ids"), rows.Sequences[row]);
            Assert.Equal(Ids(expected[row], "labels"), rows.Weights[row].Zip(rows.Sequences[row], (weight, id) => weight > 0 ? id : (int)HeadLosses.Ignored));
            if (expected[row].TryGetProperty("seq_lengths", out JsonElement lengths) && lengths.ValueKind == JsonValueKind.Array && rows.TextLengths is not null)
            {
                Assert.Equal(Ids(expected[row], "seq_lengths"), rows.TextLengths[row]);
            }
        }
    });

    [SkippableFact]
    public void Batch_EveryMicroBatch_IsTheReferences() => EachRun((folder, run) =>
    {
        using PretrainedLanguageModel model = run.Load();
        var batches = new GoldenTensors(folder.FileOf("batches.safetensors"));
        Prepared prepared = run.Prepare(model);
        int number = 0;
        foreach (TaskBatch batch in run.Steps(prepared.Rows).SelectMany(step => step))
        {
            string prefix = FormattableString.Invariant($"{run.Name}.{number++}.");
            long[] ids = batches.Longs(prefix + "input_ids");
            if (!batches.Contains(prefix + "position_ids"))
            {
                Assert.Equal([batch.Tokens.Rows, batch.Tokens.Columns], batches.Shape(prefix + "input_ids"));
                Assert.Equal(ids, batch.Tokens.InputIds);
                long[] real = [.. batch.Tokens.Lengths.SelectMany(length => Enumerable.Range(0, batch.Tokens.Columns).Select(column => column < length ? 1L : 0))];
                Assert.Equal(batches.Longs(prefix + "attention_mask"), real);
                continue;
            }

            // The reference lays the rows of a batch into one; places begin anew with each text.
            using var scope = NewDisposeScope();
            int[] kept = [.. batch.Tokens.Lengths.SelectMany((length, row) => Enumerable.Range(row * batch.Tokens.Columns, length))];
            Assert.Equal(ids, kept.Select(place => batch.Tokens.InputIds[place]));
            long[] places = batch.Tokens.Texts(CPU) is { } texts ? texts.Places.data<long>().ToArray() : [.. kept.Select(place => (long)(place % batch.Tokens.Columns))];
            Assert.Equal(batches.Longs(prefix + "position_ids"), batch.Tokens.TextLengths is null ? places : kept.Select(place => places[place]));
        }

        Assert.True(batches.Contains(FormattableString.Invariant($"{run.Name}.{number - 1}.input_ids")) && !batches.Contains(FormattableString.Invariant($"{run.Name}.{number}.input_ids")));
    });

    [SkippableFact]
    public void Step_EveryRun_FollowsTheReference() => EachRun((folder, run) =>
    {
        using var scope = NewDisposeScope();
        using PretrainedLanguageModel model = run.Load();
        Prepared prepared = run.Prepare(model);
        using TrainedParameters trained = TrainedParameters.Choose(model.Backbone, [], run.Options(model));
        using TrainingOptimizer optimizer = ParameterGroups.CreateOptimizer(trained.Backbone, [], run.Options(model));
        using var generator = new Generator(1, CPU);
        var step = new TrainingStep(model.Backbone, prepared.Objective, optimizer, run.Options(model).Dispersion, run.Common.Number("max_grad_norm"), generator, CPU);
        var schedule = new LearningRateSchedule(run.Common.Number("learning_rate"), run.StepCount, run.Common.Number("warmup_steps") / run.StepCount, new ScheduleOptions { Kind = ScheduleKind.Linear });
        double lossTolerance = run.Losses.Contains("ipo") ? WideTolerance : Tolerance;
        double rewardTolerance = run.Losses.Contains("sigmoid_norm") ? WideTolerance : RewardTolerance;
        long tokens = 0;
        model.Backbone.train();
        foreach ((int number, IReadOnlyList<TaskBatch> batches) in run.Steps(prepared.Rows).Index())
        {
            JsonElement logged = run.Expected[number].GetProperty("logged");
            StepFigures figures = step.Run(batches, schedule.At(number), CancellationToken.None);
            tokens += batches.Sum(batch => batch.Tokens.TokenCount);

            Assert.Equal(logged.Number("learning_rate"), schedule.At(number), 1e-12);
            Assert.Equal(logged.Number("loss"), figures.TaskLoss, lossTolerance);
            double norm = logged.Number("grad_norm");
            Assert.Equal(norm, figures.GradientNorm, norm == 0 ? Tolerance : Tolerance * norm);
            Assert.Equal(logged.Number("num_tokens"), tokens);
            if (run.IsPreference)
            {
                Assert.Equal(logged.Number("rewards/chosen"), figures.Named[TrainingFigures.ChosenReward], rewardTolerance);
                Assert.Equal(logged.Number("rewards/rejected"), figures.Named[TrainingFigures.RejectedReward], rewardTolerance);
                Assert.Equal(logged.Number("rewards/margins"), figures.Named[TrainingFigures.ChosenReward] - figures.Named[TrainingFigures.RejectedReward], 2 * rewardTolerance);
                if (!IsLenient(folder, run.Name, number + 1))
                {
                    Assert.Equal(logged.Number("rewards/accuracies"), figures.Named[TrainingFigures.Accuracy], AccuracyTolerance);
                }
            }
            else if (batches.Count == 1)
            {
                // Over several micro-batches the reference gives the mean of means.
                Assert.Equal(logged.Number("mean_token_accuracy"), figures.Named[TrainingFigures.Accuracy], AccuracyTolerance);
            }
        }

        Dictionary<string, Tensor> parameters = model.Backbone.named_parameters().Select(pair => (pair.name, (Tensor)pair.parameter))
            .Concat(model.Backbone.Adapter?.Parameters.Select(pair => (pair.Name, (Tensor)pair.Parameter)) ?? []).ToDictionary();
        foreach (JsonProperty final in run.Final.EnumerateObject())
        {
            string name = final.Name.Replace("base_model.model.", "", StringComparison.Ordinal).Replace(".base_layer", "", StringComparison.Ordinal).Replace(".default", "", StringComparison.Ordinal);
            Tensor values = parameters[name].detach().to(ScalarType.Float64).flatten();
            double scale = Math.Max(final.Value.Number("abs"), 1e-3);
            Assert.Equal(final.Value.Number("sum"), values.sum().item<double>(), Tolerance * scale);
            Assert.Equal(final.Value.Number("abs"), values.abs().sum().item<double>(), Tolerance * scale);
            Assert.Equal(final.Value.Number("squares"), values.mul(values).sum().item<double>(), Tolerance * Math.Max(final.Value.Number("squares"), 1e-3));
            Assert.Equal(final.Value.Number("first"), values[0].item<double>(), Tolerance);
            Assert.Equal(final.Value.Number("last"), values[-1].item<double>(), Tolerance);
        }
    });

    private static bool IsLenient(ReferenceFolder folder, string run, int step) =>
        folder.IsLenient("steps", run, "rewards/accuracies")
        && (!folder.Lenient!.Value.TryGetProperty("only_steps", out JsonElement steps) || steps.EnumerateArray().Any(only => only.GetInt32() == step));

    private static int[] Ids(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private static void EachRun(Action<ReferenceFolder, Run> check) => Check("trl", folder =>
    {
        JsonElement common = folder.Json("settings.json").GetProperty("common");
        JsonElement instructions = folder.Json("data.json"), pairs = folder.Json("data_dpo.json");
        foreach (JsonProperty run in folder.Json("runs.json").EnumerateObject())
        {
            folder.Case(run.Name, () =>
            {
                bool isPreference = run.Value.GetProperty("kind").GetString() switch { "dpo" => true, "sft" => false, var other => throw new NotSupportedException($"There is no trainer '{other}'.") };
                check(folder, new Run(folder, run, common, (isPreference ? pairs : instructions).GetProperty(run.Value.GetProperty("data").GetString()!), isPreference));
            });
        }
    });

    private sealed record Prepared(TrainingRows Rows, TrainingObjective Objective);

    /// <summary>One run.</summary>
    private sealed class Run(ReferenceFolder folder, JsonProperty run, JsonElement common, JsonElement data, bool isPreference)
    {
        private readonly JsonElement _settings = run.Value.GetProperty("settings");

        public string Name => run.Name;

        public bool IsPreference => isPreference;

        public JsonElement Common => common;

        public JsonElement[] Expected { get; } = [.. run.Value.GetProperty("steps").EnumerateArray()];

        public int StepCount => Expected.Length;

        public JsonElement Final => run.Value.GetProperty("final");

        public IReadOnlyList<PreferencePair> Pairs => [.. data.EnumerateArray().Select(row => PreferencePair.FromJson(row))];

        public IReadOnlyList<string> Losses => _settings.TryGetProperty("loss_type", out JsonElement type)
            ? type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(name => name.GetString()!)] : [type.GetString()!]
            : [];

        private int Accumulation => run.Value.GetProperty("gradient_accumulation").GetInt32();

        /// <summary>The model at the start, with its adapter where the run has one.</summary>
        public PretrainedLanguageModel Load()
        {
            PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf("model")));
            if (Reference is "lora base" or "lora start")
            {
                model.AddAdapter(new DirectorySource(folder.FileOf(Reference == "lora base" ? "lora_start" : "lora_trained")));
            }

            return model;
        }

        public FineTuneOptions Options(PretrainedLanguageModel model) => new()
        {
            WeightDecay = common.Number("weight_decay"),
            Beta1 = common.Number("adam_beta1"),
            Beta2 = common.Number("adam_beta2"),
            AdamEpsilon = common.Number("adam_epsilon"),
            Lora = model.Adapter,
            Dispersion = { Coefficient = 0 },
        };

        public InstructionRows Rows(PretrainedLanguageModel model)
        {
            var options = new InstructionOptions { AssistantOnly = false };
            bool packs = false;
            foreach (JsonProperty setting in _settings.EnumerateObject())
            {
                switch (setting.Name)
                {
                    case "assistant_only_loss":
                        options.AssistantOnly = setting.Value.GetBoolean();
                        break;
                    case "completion_only_loss":
                        options.CompletionOnly = setting.Value.GetBoolean();
                        break;
                    case "truncation_mode":
                        options.KeepEnd = setting.Value.GetString() == "keep_end";
                        break;
                    case "loss_type":
                        options.DynamicLoss = setting.Value.GetString() switch { "dft" => true, "nll" => false, var other => throw new NotSupportedException($"There is no loss '{other}'.") };
                        break;
                    case "packing":
                        packs = setting.Value.GetBoolean();
                        break;
                    case "packing_strategy" or "max_length" or "padding_free":
                        break;
                    default:
                        throw new NotSupportedException($"There is no setting '{setting.Name}'.");
                }
            }

            if (packs)
            {
                options.Packing = _settings.GetProperty("packing_strategy").GetString() switch
                {
                    "bfd" => InstructionPacking.BestFit,
                    "bfd_split" => InstructionPacking.BestFitSplit,
                    "wrapped" => InstructionPacking.Wrapped,
                    var other => throw new NotSupportedException($"There is no packing '{other}'."),
                };
            }

            return InstructionRows.Of(model, [.. data.EnumerateArray().Select(row => Instruction.FromJson(row))], options, MaxLength(model), CancellationToken.None);
        }

        public Prepared Prepare(PretrainedLanguageModel model)
        {
            if (!isPreference)
            {
                InstructionRows rows = Rows(model);
                return new Prepared(rows.ToRows(), new AnswerObjective(rows.Weights, rows.TextLengths, Losses.Contains("dft")));
            }

            PreferenceRows pairs = PreferenceRows.Of(model, Pairs, template: null, MaxLength(model), CancellationToken.None);
            using PretrainedLanguageModel? other = Reference == "reference" ? PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf("reference"))) : null;
            PreferenceOptions options = Preferences(other);
            ReferenceLikelihoods reference = PreferenceTrainer.Reference(model, pairs, options, CancellationToken.None);
            foreach ((int i, JsonElement row) in folder.Json("prepared.json").GetProperty(Name).EnumerateArray().Index().Where(row => row.Item.TryGetProperty("ref_chosen_logps", out _)))
            {
                Assert.Equal(row.Number("ref_chosen_logps"), reference.Chosen[i], WideTolerance);
                Assert.Equal(row.Number("ref_rejected_logps"), reference.Rejected[i], WideTolerance);
            }

            return new Prepared(pairs.ToRows(), new PreferenceObjective(pairs, reference, options));
        }

        /// <summary>The micro-batches of each step, in the order of the data, which begins anew behind its end; no step spans two epochs.</summary>
        public IEnumerable<IReadOnlyList<TaskBatch>> Steps(TrainingRows rows)
        {
            int size = (int)common.Number("per_device_train_batch_size");
            var epoch = Enumerable.Range(0, rows.Count).Chunk(size).Chunk(Accumulation).Select(step => (IReadOnlyList<TaskBatch>)[.. step.Select(batch => rows.Batch(batch, padId: 0))]).ToArray();
            return Enumerable.Range(0, StepCount).Select(step => epoch[step % epoch.Length]);
        }

        private string? Reference => _settings.TryGetProperty("reference", out JsonElement reference) ? reference.GetString() : null;

        private int MaxLength(PretrainedLanguageModel model) => _settings.TryGetProperty("max_length", out JsonElement most) ? most.GetInt32() : model.Backbone.Info.ContextLength;

        private PreferenceOptions Preferences(PretrainedLanguageModel? reference)
        {
            var options = new PreferenceOptions { Reference = reference };
            double[]? weights = null;
            foreach (JsonProperty setting in _settings.EnumerateObject())
            {
                switch (setting.Name)
                {
                    case "beta":
                        options.Beta = setting.Value.Number();
                        break;
                    case "label_smoothing":
                        options.LabelSmoothing = setting.Value.Number();
                        break;
                    case "loss_weights":
                        weights = setting.Value.Numbers();
                        break;
                    case "reference" when setting.Value.GetString() is not ("same" or "reference" or "lora base" or "lora start"):
                        throw new NotSupportedException($"There is no reference '{setting.Value}'.");
                    case "loss_type" or "max_length" or "reference" or "precompute_ref_log_probs":
                        break;
                    case "truncation_mode" when setting.Value.GetString() == "keep_start":
                        break;
                    default:
                        throw new NotSupportedException($"There is no setting '{setting.Name}' = {setting.Value}.");
                }
            }

            if (Losses.Count > 0)
            {
                options.Terms = [.. Losses.Select((loss, i) => new PreferenceTerm(Loss(loss), weights?[i] ?? 1))];
            }

            options.Validate();
            return options;
        }

        private static PreferenceLoss Loss(string name) => name switch
        {
            "sigmoid" => PreferenceLoss.Sigmoid,
            "robust" => PreferenceLoss.Robust,
            "hinge" => PreferenceLoss.Hinge,
            "ipo" => PreferenceLoss.Ipo,
            "sigmoid_norm" => PreferenceLoss.SigmoidOfMeans,
            "sft" => PreferenceLoss.Supervised,
            _ => throw new NotSupportedException($"There is no loss '{name}'."),
        };
    }
}
