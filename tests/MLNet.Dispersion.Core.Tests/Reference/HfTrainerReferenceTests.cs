using System.Globalization;
using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using MLNet.Dispersion.Tests.Tokenization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Runs of Hugging Face's trainer, step by step: losses, gradient norms, learning rates and final weights; one case a run.</summary>
public sealed class HfTrainerReferenceTests : ReferenceTests
{
    // What the folder's README asks for.
    private const double Tolerance = 1e-5;

    [SkippableFact]
    public void Step_EveryRun_FollowsTheReference() => Check("hf-trainer", folder =>
    {
        JsonElement common = folder.Json("settings.json").GetProperty("common");
        foreach (JsonProperty property in folder.Json("runs.json").EnumerateObject())
        {
            folder.Case(property.Name, () =>
            {
                using var scope = NewDisposeScope();
                using var run = new Run(folder, property, common);
                Compare(folder, run);
            });
        }
    });

    private static void Compare(ReferenceFolder folder, Run run)
    {
        FineTuneOptions options = run.Options;
        using TrainingOptimizer optimizer = ParameterGroups.CreateOptimizer(run.Model.Backbone.named_parameters(), run.Objective.HeadParameters, options);
        using var generator = new Generator(1, CPU);
        var step = new TrainingStep(run.Model.Backbone, run.Objective, optimizer, options.Dispersion, options.MaxGradNorm, generator, CPU);
        double warmup = run.Setting("warmup_steps").Number() / run.Steps.Length;
        var schedule = new LearningRateSchedule(options.LearningRate!.Value, run.Steps.Length, warmup, options.Schedule);
        bool isSpoilt = folder.IsLenient("steps", run.Name, "loss");
        run.Model.Backbone.train();
        int number = 0;
        for (int i = 0; i < run.Steps.Length; i++)
        {
            JsonElement expected = run.Steps[i];
            JsonElement[] parts = [.. expected.GetProperty("micro_batches").EnumerateArray()];
            TaskBatch[] batches = [.. parts.Select(_ => run.Batch(number++))];
            if (isSpoilt && i < 2)
            {
                // The first step's rate is 0, so that both see the start.
                Assert.All(parts.Zip(batches), pair => Assert.Equal(pair.First.Number("loss_returned"), run.Loss(pair.Second), Tolerance));
            }

            StepFigures figures = step.Run(batches, schedule.At(i), CancellationToken.None);

            Assert.Equal(expected.Number("learning_rate"), schedule.At(i), 1e-9);
            if (!isSpoilt)
            {
                Assert.Equal(expected.Number("loss"), figures.TaskLoss, Tolerance);
                double norm = expected.Number("grad_norm");
                Assert.Equal(norm, figures.GradientNorm, Tolerance * norm);
            }
        }

        Dictionary<string, Tensor> parameters = run.Parameters.ToDictionary(pair => pair.Name, pair => (Tensor)pair.Parameter, StringComparer.Ordinal);
        foreach (JsonProperty final in run.Final.EnumerateObject().Where(final => !folder.IsLenient("final", run.Name, final.Name)))
        {
            Tensor values = parameters[run.NameOf(final.Name)].detach().to(ScalarType.Float64).flatten();
            double scale = Math.Max(final.Value.Number("abs"), 1e-3);
            Assert.True(Math.Abs(final.Value.Number("sum") - values.sum().item<double>()) <= Tolerance * scale, $"{final.Name}: the sum is {values.sum().item<double>()}, expected {final.Value.Number("sum")}");
            Assert.Equal(final.Value.Number("abs"), values.abs().sum().item<double>(), Tolerance * scale);
            Assert.Equal(final.Value.Number("squares"), values.mul(values).sum().item<double>(), Tolerance * Math.Max(final.Value.Number("squares"), 1e-3));
        }

        string[] undecayed = [.. run.NotDecayed.Select(run.NameOf)];
        Assert.Equal(undecayed.Order(StringComparer.Ordinal), parameters.Where(pair => pair.Value.dim() < 2).Select(pair => pair.Key).Order(StringComparer.Ordinal));
    }

    /// <summary>One run: its model, its rows with their labels, and its settings.</summary>
    private sealed class Run : IDisposable
    {
        private readonly JsonElement _settings;
        private readonly JsonElement _common;
        private readonly List<int[]> _sequences = [];
        private readonly List<int[]> _rowsOfBatches = [];
        private int _choices = 1;

        public Run(ReferenceFolder folder, JsonProperty run, JsonElement common)
        {
            (Name, _common) = (run.Name, common);
            _settings = run.Value.GetProperty("settings");
            Steps = [.. run.Value.GetProperty("steps").EnumerateArray()];
            Final = run.Value.GetProperty("final");
            NotDecayed = [.. run.Value.GetProperty("not_decayed").EnumerateArray().Select(name => name.GetString()!)];
            Model = Load(folder.FileOf(run.Value.GetProperty("model").GetString()!));
            try
            {
                Options = ReadOptions();
                Objective = ReadObjective(new GoldenTensors(folder.FileOf("batches.safetensors")), run);
            }
            catch
            {
                Model.Dispose();
                throw;
            }
        }

        public string Name { get; }

        public JsonElement[] Steps { get; }

        public JsonElement Final { get; }

        public string[] NotDecayed { get; }

        public PretrainedLanguageModel Model { get; }

        public FineTuneOptions Options { get; }

        public TrainingObjective Objective { get; }

        public IEnumerable<(string Name, Parameter Parameter)> Parameters =>
            Model.Backbone.named_parameters().Select(pair => (pair.name, pair.parameter)).Concat(Model.Head?.Parameters ?? []).DistinctBy(pair => pair.Item1);

        public string NameOf(string name) => Model.Backbone.ParameterName(name);

        public JsonElement Setting(string name) => _settings.TryGetProperty(name, out JsonElement own) ? own : _common.GetProperty(name);

        /// <summary>A micro-batch, by its number in the whole run.</summary>
        public TaskBatch Batch(int number) => new TrainingRows(_sequences).Batch(_rowsOfBatches[number], padId: 0);

        /// <summary>The mean loss of a micro-batch.</summary>
        public double Loss(TaskBatch batch)
        {
            using var scope = NewDisposeScope();
            PassOutput pass = new ForwardPass(Model.Backbone, CPU).Read(batch.Tokens, HiddenStateSelection.None);
            return Objective.Compute(Model.Backbone, pass.States, pass.InputIds, batch).Sum.ToDouble() / Objective.TargetWeight(batch);
        }

        public void Dispose() => Model.Dispose();

        /// <summary>The library refuses heads of choices by name; their tensors are those of one number for each row, and <see cref="Choices"/> makes of them what the reference does.</summary>
        private static PretrainedLanguageModel Load(string directory)
        {
            const string Choice = "BertForMultipleChoice";
            string config = File.ReadAllText(Path.Combine(directory, "config.json"));
            if (!config.Contains(Choice, StringComparison.Ordinal))
            {
                return PretrainedLanguageModel.Load(ModelSource.FromDirectory(directory));
            }

            var files = MemorySource.Of(("config.json", config.Replace(Choice, "BertForSequenceClassification", StringComparison.Ordinal)));
            files["model.safetensors"] = File.ReadAllBytes(Path.Combine(directory, "model.safetensors"));
            return PretrainedLanguageModel.Load(ModelSource.FromSource(directory, files));
        }

        private FineTuneOptions ReadOptions()
        {
            string[] known = ["gradient_accumulation_steps", "label_smoothing_factor", "lr_scheduler_type", "max_grad_norm", "optim", "optim_args", "learning_rate", "adam_beta1", "adam_beta2", "adam_epsilon", "weight_decay", "warmup_steps"];
            if (_settings.EnumerateObject().Select(setting => setting.Name).FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            {
                throw new NotSupportedException($"There is no setting '{unknown}'.");
            }

            double clip = Setting("max_grad_norm").Number();
            var options = new FineTuneOptions
            {
                LearningRate = Setting("learning_rate").Number(),
                WeightDecay = Setting("weight_decay").Number(),
                Beta1 = Setting("adam_beta1").Number(),
                Beta2 = Setting("adam_beta2").Number(),
                AdamEpsilon = Setting("adam_epsilon").Number(),
                MaxGradNorm = clip == 0 ? null : clip,
                LabelSmoothing = _settings.TryGetProperty("label_smoothing_factor", out JsonElement smoothing) ? smoothing.Number() : 0,
                Dispersion = { Coefficient = 0 },
                Schedule =
                {
                    Kind = Setting("lr_scheduler_type").GetString() switch
                    {
                        "linear" => ScheduleKind.Linear,
                        "cosine" => ScheduleKind.Cosine,
                        var other => throw new NotSupportedException($"There is no schedule '{other}' here."),
                    },
                },
                Optimizer =
                {
                    Kind = Setting("optim").GetString() switch
                    {
                        "adamw_torch" => OptimizerKind.AdamW,
                        "sgd" => OptimizerKind.Sgd,
                        "rmsprop" => OptimizerKind.RmsProp,
                        "adagrad" => OptimizerKind.Adagrad,
                        "adafactor" => OptimizerKind.Adafactor,
                        var other => throw new NotSupportedException($"There is no optimizer '{other}'."),
                    },
                },
            };
            foreach (string[] argument in _settings.TryGetProperty("optim_args", out JsonElement arguments) ? arguments.GetString()!.Split(',').Select(part => part.Split('=')) : [])
            {
                switch (argument[0])
                {
                    case "momentum":
                        options.Optimizer.Momentum = double.Parse(argument[1], CultureInfo.InvariantCulture);
                        break;
                    case "nesterov":
                        options.Optimizer.Nesterov = argument[1] == "True";
                        break;
                    default:
                        throw new NotSupportedException($"There is no argument '{argument[0]}' of optimizers.");
                }
            }

            options.Validate();
            return options;
        }

        private TrainingObjective ReadObjective(GoldenTensors batches, JsonProperty run)
        {
            var labels = new List<float[]>();
            int count = Steps.Sum(step => step.GetProperty("micro_batches").GetArrayLength());
            for (int batch = 0; batch < count; batch++)
            {
                string prefix = FormattableString.Invariant($"{run.Value.GetProperty("data").GetString()}.{batch}.");
                if (!batches.Contains(prefix + "input_ids"))
                {
                    prefix = FormattableString.Invariant($"{Name}.{batch}.");
                }

                Read(batches, prefix, labels);
            }

            float[]? classWeights = run.Value.TryGetProperty("class_weights", out JsonElement given) && given.ValueKind == JsonValueKind.Array ? [.. given.Numbers().Select(weight => (float)weight)] : null;
            if (Model.Head is not { } head)
            {
                // What predicts the next token here counts where a label is.
                return new AnswerObjective([.. labels.Select(row => row.Select(label => label >= 0 ? 1f : 0).ToArray())], null, isDynamic: false, Options.LabelSmoothing);
            }

            return (head.Task, head.ProblemType) switch
            {
                (HeadTask.Sequence, _) when _choices > 1 => new Choices(new ScoreHead(head), labels, _choices),
                (HeadTask.Sequence, ProblemType.MultiLabel) => new Whole(new MultiLabelObjective(new ScoreHead(head), [.. labels.Select(row => row.Select(label => label > 0).ToArray())], Options.LabelSmoothing)),
                (HeadTask.Sequence, ProblemType.Regression) => new RegressionObjective(new ScoreHead(head), [.. labels.Select(row => row[0])]),
                (HeadTask.Sequence, _) => new Whole(new ClassificationObjective(new ScoreHead(head), [.. labels.Select(row => (int)row[0])], Options.LabelSmoothing, classWeights is null ? null : [.. labels.Select(row => classWeights[(int)row[0]])])),
                (HeadTask.Spans, _) => new Spans(head, labels),
                _ => new TokenClasses(head, labels, Options.LabelSmoothing),
            };
        }

        private void Read(GoldenTensors batches, string prefix, List<float[]> labels)
        {
            long[] shape = batches.Shape(prefix + "input_ids");
            if (shape.Length > 2)
            {
                _choices = (int)shape[1];
            }

            int rows = (int)shape[..^1].Aggregate((all, part) => all * part), columns = (int)shape[^1];
            long[] ids = batches.Longs(prefix + "input_ids"), mask = batches.Longs(prefix + "attention_mask");
            _rowsOfBatches.Add([.. Enumerable.Range(_sequences.Count, rows)]);
            for (int row = 0; row < rows; row++)
            {
                int length = (int)mask.AsSpan(row * columns, columns).ToArray().Sum();
                _sequences.Add([.. ids.AsSpan(row * columns, length).ToArray().Select(id => (int)id)]);
            }

            if (!batches.Contains(prefix + "labels"))
            {
                labels.AddRange(batches.Longs(prefix + "start_positions").Zip(batches.Longs(prefix + "end_positions"), (start, end) => new float[] { start, end }));
                return;
            }

            if (_choices > 1)
            {
                labels.AddRange(batches.Longs(prefix + "labels").Select(label => new float[] { label }));
                return;
            }

            // Labels of texts are one or several numbers a row, those of tokens as many as there are columns.
            float[] values = Model.Head is { ProblemType: ProblemType.MultiLabel or ProblemType.Regression } ? batches.Floats(prefix + "labels") : [.. batches.Longs(prefix + "labels").Select(label => (float)label)];
            foreach ((int row, float[] part) in values.Chunk(values.Length / rows).Index())
            {
                bool isOfTokens = Model.Head is null or { Task: HeadTask.Tokens or HeadTask.MaskedTokens };
                labels.Add(isOfTokens ? part[..Math.Min(part.Length, _sequences[^(rows - row)].Length)] : part);
            }
        }
    }

    /// <summary>The loss that is lowered, smoothing included, as the reference logs it.</summary>
    private sealed class Whole(TrainingObjective inner) : TrainingObjective
    {
        public override string Name => inner.Name;

        public override IReadOnlyList<Parameter> HeadParameters => inner.HeadParameters;

        public override double TargetWeight(TaskBatch batch) => inner.TargetWeight(batch);

        public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch) => inner.Compute(backbone, output, inputIds, batch) with { Own = null };
    }

    /// <summary>Spans of tokens, by the head of the files.</summary>
    private sealed class Spans(PretrainedHead head, List<float[]> labels) : TrainingObjective
    {
        public override string Name => "spans of tokens";

        public override IReadOnlyList<Parameter> HeadParameters => [.. head.Parameters.Select(pair => pair.Parameter)];

        public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
        {
            Tensor logits = head.Outputs(output.LastHiddenState, inputIds, batch.Tokens.AttentionMaskTensor(CPU));
            return new TaskLoss { Sum = HeadLosses.Spans(logits, Positions(0), Positions(1)).Times(batch.Rows.Count) };

            Tensor Positions(int side) => tensor([.. batch.Rows.Select(row => (long)labels[row][side])]);
        }
    }

    /// <summary>The right one of several rows, by the head of the files, which gives each a number.</summary>
    private sealed class Choices(ScoreHead head, List<float[]> labels, int choices) : TrainingObjective
    {
        public override string Name => "choices";

        public override IReadOnlyList<Parameter> HeadParameters => head.Parameters;

        public override double TargetWeight(TaskBatch batch) => batch.Rows.Count / choices;

        public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
        {
            Tensor logits = head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths).view(-1, choices);
            Tensor right = tensor([.. batch.Rows.Where(row => row % choices == 0).Select(row => (long)labels[row / choices][0])]);
            return new TaskLoss { Sum = HeadLosses.Classes(logits, right).Times(batch.Rows.Count / choices) };
        }
    }

    /// <summary>Classes of tokens, and masked tokens, by the head of the files: the mean over the labels of a whole step.</summary>
    private sealed class TokenClasses(PretrainedHead head, List<float[]> labels, double smoothing) : TrainingObjective
    {
        public override string Name => "classes of tokens";

        public override IReadOnlyList<Parameter> HeadParameters => [.. head.Parameters.Select(pair => pair.Parameter)];

        public override double TargetWeight(TaskBatch batch) => batch.Rows.Sum(row => labels[row].Count(label => label >= 0));

        public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
        {
            long[] wanted = [.. batch.Rows.SelectMany(row => labels[row].Select(label => (long)label).Concat(Enumerable.Repeat(HeadLosses.Ignored, batch.Tokens.Columns - labels[row].Length)))];
            Tensor targets = tensor(wanted, batch.Rows.Count, batch.Tokens.Columns);
            Tensor logits = head.Outputs(output.LastHiddenState, inputIds, batch.Tokens.AttentionMaskTensor(CPU));
            double count = TargetWeight(batch);
            Tensor loss = HeadLosses.Classes(logits, targets).Times(count);
            if (smoothing > 0)
            {
                Tensor counted = targets.ne(tensor(HeadLosses.Ignored)).to(ScalarType.Float32);
                loss = loss.Times(1 - smoothing).Plus(logits.log_softmax(-1).mean([-1]).neg().mul(counted).sum().Times(smoothing));
            }

            return new TaskLoss { Sum = loss };
        }
    }
}
