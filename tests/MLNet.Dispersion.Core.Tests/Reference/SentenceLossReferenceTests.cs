using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Trainings of sentence-transformers, step by step: losses and poolings.</summary>
public sealed class SentenceLossReferenceTests : ReferenceTests
{
    private const string Folder = "sentence";
    private const string ModelPrefix = "0.model.";

    // What the README asks for.
    private const double LossTolerance = 2e-5;
    private const double GradientTolerance = 2e-5;
    private const double NoGradient = 1e-6;
    private const double EmbeddingTolerance = 5e-6;
    private const double FirstTolerance = 1e-5;
    private const double SumTolerance = 1e-4;

    [SkippableFact]
    public void Run_EveryStep_FollowsTheReference() => Check(Folder, folder =>
    {
        var batches = new GoldenTensors(folder.FileOf("batches.safetensors"));
        foreach (JsonProperty run in folder.Json("cases.json").EnumerateObject())
        {
            folder.Case(run.Name, () => new Run(folder, batches, run).Compare());
        }
    });

    /// <summary>One run of the folder.</summary>
    private sealed class Run(ReferenceFolder folder, GoldenTensors batches, JsonProperty run)
    {
        private readonly JsonElement _case = run.Value;

        private JsonElement Parameters => _case.GetProperty("parameters");

        private int Columns => _case.GetProperty("columns").GetInt32();

        public void Compare()
        {
            using var scope = NewDisposeScope();
            using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf("model")));
            using var head = new EmbeddingHead(new TextPooler(Pooling(_case.GetProperty("pooling").GetString()!)), model.Backbone.Info.FinalSize);
            FineTuneOptions options = Options(folder.Json("settings.json").GetProperty("optimiser").GetString()!);
            using TrainingOptimizer optimizer = ParameterGroups.CreateOptimizer(model.Backbone.named_parameters(), [], options);
            using var generator = new Generator(1, CPU);
            model.Backbone.train();
            foreach (JsonElement step in _case.GetProperty("steps").EnumerateArray())
            {
                int number = step.GetProperty("step").GetInt32() - 1;
                TaskBatch batch = Batch(model, number);
                TrainingObjective objective = Objective(head, batch.Rows.Count, number);
                if (step.TryGetProperty("grad_norm_by_parameter", out JsonElement norms))
                {
                    CompareStart(model.Backbone, head, objective, batch, norms);
                }

                var training = new TrainingStep(model.Backbone, objective, optimizer, options.Dispersion, options.MaxGradNorm, generator, CPU);
                StepFigures figures = training.Run([batch], options.LearningRate!.Value, CancellationToken.None);

                Assert.Equal(step.Number("loss"), figures.TaskLoss, LossTolerance);
                double norm = step.Number("grad_norm");
                Assert.Equal(norm, figures.GradientNorm, norm == 0 ? NoGradient : GradientTolerance * norm);
            }

            CompareEnd(model.Backbone);
        }

        /// <summary>Embeddings and gradients before the first step.</summary>
        private void CompareStart(LanguageBackbone backbone, EmbeddingHead head, TrainingObjective objective, TaskBatch batch, JsonElement norms)
        {
            using var scope = NewDisposeScope();
            PassOutput pass = new ForwardPass(backbone, CPU).Train(batch.Tokens, HiddenStateSelection.None);
            Tensor embeddings = head.Pooled(backbone, pass.States.LastHiddenState, batch.Tokens.Lengths).reshape(batch.Rows.Count, Columns, -1);
            for (int column = 0; column < Columns; column++)
            {
                Tensor expected = batches.Tensor($"{run.Name}.0.{column}.embeddings");
                Assert.InRange((embeddings.select(1, column) - expected).abs().max().item<float>(), 0, EmbeddingTolerance);
            }

            (objective.Compute(backbone, pass.States, pass.InputIds, batch).Sum / batch.Rows.Count).backward();
            double whole = Math.Sqrt(norms.EnumerateObject().Sum(entry => entry.Value.Number() * entry.Value.Number()));
            Dictionary<string, double> found = backbone.named_parameters().ToDictionary(pair => ModelPrefix + pair.name, pair => pair.parameter.grad is { } gradient ? gradient.norm().item<float>() : 0.0);
            Assert.All(norms.EnumerateObject(), entry => Assert.Equal(entry.Value.Number(), found[entry.Name], Math.Max(NoGradient, GradientTolerance * whole)));
            foreach (var (_, parameter) in backbone.named_parameters())
            {
                parameter.grad = null;
            }
        }

        /// <summary>The weights after the last step.</summary>
        private void CompareEnd(LanguageBackbone backbone)
        {
            var parameters = backbone.named_parameters().ToDictionary(pair => ModelPrefix + pair.name, pair => pair.parameter);
            foreach (JsonProperty expected in _case.GetProperty("final").EnumerateObject().Where(expected => !folder.IsLenient("final", run.Name, expected.Name)))
            {
                Tensor weights = parameters[expected.Name].detach().to(ScalarType.Float64);
                double size = expected.Value.Number("abs");
                Assert.True(Math.Abs(expected.Value.Number("first") - weights.flatten()[0].item<double>()) <= FirstTolerance, $"{expected.Name}: the first element");
                Assert.True(Math.Abs(expected.Value.Number("sum") - weights.sum().item<double>()) <= SumTolerance * size, $"{expected.Name}: the sum");
                Assert.True(Math.Abs(size - weights.abs().sum().item<double>()) <= SumTolerance * size, $"{expected.Name}: the sum of absolute values");
            }
        }

        /// <summary>The reference's tokens, which must be ours, too.</summary>
        private TaskBatch Batch(PretrainedLanguageModel model, int step)
        {
            int[][][] columns = [.. Enumerable.Range(0, Columns).Select(column => Sequences($"{run.Name}.{step}.{column}."))];
            JsonElement texts = _case.GetProperty("texts")[step];
            for (int column = 0; column < Columns; column++)
            {
                Assert.All(texts[column].EnumerateArray().Zip(columns[column]), pair => Assert.Equal(pair.Second, model.Tokenizer.Encode(pair.First.GetString()!).Ids));
            }

            int rows = columns[0].Length;
            int[][] sequences = [.. Enumerable.Range(0, rows).SelectMany(row => columns.Select(column => column[row]))];
            return new TrainingRows(new EncodedTexts(sequences, null, 0), [.. Enumerable.Repeat(Columns, rows)]).Batch([.. Enumerable.Range(0, rows)], padId: 0);
        }

        private int[][] Sequences(string prefix)
        {
            int length = (int)batches.Shape(prefix + "input_ids")[1];
            long[] mask = batches.Longs(prefix + "attention_mask");
            return [.. batches.Longs(prefix + "input_ids").Chunk(length).Select((ids, row) => ids.Where((_, at) => mask[(row * length) + at] != 0).Select(id => (int)id).ToArray())];
        }

        private TrainingObjective Objective(EmbeddingHead head, int rows, int step)
        {
            JsonElement labels = _case.GetProperty("labels");
            bool labelled = labels.ValueKind == JsonValueKind.Array && labels[step].ValueKind == JsonValueKind.Array;
            if (Name("softmax_none_mse"))
            {
                return new VectorObjective(head, [.. labels[step].EnumerateArray().Select(vector => vector.Numbers().Select(number => (float)number).ToArray())]);
            }

            return new EmbeddingObjective(head, LossOptions(), rows, Columns, labelled ? [.. labels[step].Numbers().Select(number => (float)number)] : null);
        }

        /// <summary>The options of a run, which its name and its parameters say.</summary>
        private EmbeddingOptions LossOptions()
        {
            var options = new EmbeddingOptions { Normalize = false };
            options.Loss =
                Name("mnrl") || Name("matryoshka_mnrl") || Name("matryoshka_weights") ? EmbeddingLoss.MultipleNegatives
                : Name("cosent") || Name("matryoshka_cosent") ? EmbeddingLoss.CoSent
                : Name("angle") ? EmbeddingLoss.Angle
                : Name("triplet") ? EmbeddingLoss.Triplet
                : Name("contrastive") ? EmbeddingLoss.Contrastive
                : Name("online_contrastive") ? EmbeddingLoss.OnlineContrastive
                : Name("cosine_similarity") || Name("pooling_") ? EmbeddingLoss.CosineSimilarity
                : throw new NotSupportedException($"The loss of '{run.Name}' is not known.");
            foreach (JsonProperty parameter in Parameters.EnumerateObject())
            {
                JsonElement value = parameter.Value;
                switch (parameter.Name)
                {
                    case "scale": options.Scale = value.Number(); break;
                    case "margin": options.Margin = value.Number(); break;
                    case "similarity": options.Similarity = Enum.Parse<EmbeddingSimilarity>(value.GetString()!, ignoreCase: true); break;
                    case "distance": options.Distance = Enum.Parse<EmbeddingDistance>(value.GetString()!.Split(':')[0], ignoreCase: true); break;
                    case "dims": options.MatryoshkaSizes = [.. value.Numbers().Select(size => (int)size)]; break;
                    case "weights": options.MatryoshkaWeights = value.Numbers(); break;
                    case "partition_mode": options.JointDirections = value.GetString() == "joint"; break;
                    case "directions": options.Directions = value.EnumerateArray().Select(direction => Direction(direction.GetString()!)).Aggregate((left, right) => left | right); break;
                    default: throw new NotSupportedException($"The parameter '{parameter.Name}' is not known.");
                }
            }

            if (Name("mnrl_symmetric") && !Parameters.TryGetProperty("directions", out _))
            {
                options.Directions = NegativeDirections.FirstToSecond | NegativeDirections.SecondToFirst;
            }

            return options;
        }

        private bool Name(string beginning) => run.Name.StartsWith(beginning, StringComparison.Ordinal);

        private static NegativeDirections Direction(string name) => name switch
        {
            "query_to_doc" => NegativeDirections.FirstToSecond,
            "doc_to_query" => NegativeDirections.SecondToFirst,
            "query_to_query" => NegativeDirections.FirstToFirst,
            "doc_to_doc" => NegativeDirections.SecondToSecond,
            _ => throw new NotSupportedException($"The direction '{name}' is not known."),
        };

        private static TextPooling Pooling(string name) => name switch
        {
            "mean" => TextPooling.Mean,
            "cls" => TextPooling.FirstToken,
            "max" => TextPooling.Max,
            "mean_sqrt_len_tokens" => TextPooling.MeanSqrtLength,
            "lasttoken" => TextPooling.LastToken,
            "weightedmean" => TextPooling.WeightedMean,
            _ => throw new NotSupportedException($"The pooling '{name}' is not known."),
        };

        /// <summary>The optimiser as settings.json words it: a constant rate, no decay, no clipping.</summary>
        private static FineTuneOptions Options(string optimiser)
        {
            string[] words = optimiser.Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return new FineTuneOptions
            {
                LearningRate = Number("lr", 1),
                Beta1 = Number("betas", 1),
                Beta2 = Number("betas", 2),
                AdamEpsilon = Number("eps", 1),
                WeightDecay = Number("decay", 1),
                MaxGradNorm = null,
                Dispersion = { Coefficient = 0 },
            };

            double Number(string word, int after) => double.Parse(words[Array.IndexOf(words, word) + after].TrimEnd(','), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A text a row, and the vector that it should get.</summary>
    private sealed class VectorObjective(EmbeddingHead head, float[][] vectors) : TrainingObjective
    {
        public override string Name => "vectors";

        public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
        {
            Tensor targets = tensor([.. batch.Rows.SelectMany(row => vectors[row])], [batch.Rows.Count, vectors[0].Length]);
            return new TaskLoss { Sum = EmbeddingLosses.Vectors(head.Pooled(backbone, output.LastHiddenState, batch.Tokens.Lengths), targets).sum() };
        }
    }
}
