using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A language model with a head on each token, as training or loading made it.</summary>
internal sealed class FittedTokens : FittedBackbone
{
    /// <param name="model">The language model; owned from then on.</param>
    /// <param name="head">The head; owned from then on where it is not the model's.</param>
    /// <param name="encoder">Makes tokens of texts.</param>
    internal FittedTokens(PretrainedLanguageModel model, PretrainedHead head, TextEncoder encoder)
        : base(model, encoder) => Head = head;

    internal PretrainedHead Head { get; }

    /// <inheritdoc/>
    internal override int OutputCount => Head.OutputCount;

    private bool IsApart => !ReferenceEquals(Head, Model.Head);

    /// <summary>The head's weights where they do not lie among the model's.</summary>
    internal IReadOnlyList<KeyValuePair<string, Tensor>> Apart => IsApart ? TokenHeads.Weights(Head) : [];

    /// <summary>Takes the head that came with a model's files.</summary>
    /// <exception cref="ArgumentException">There is no such head.</exception>
    internal static FittedTokens OfPretrained(ModelSource source, string device, int? maxTokens, HeadTask task) => Open(source, device, model =>
        new FittedTokens(model, TokenHeads.Require(model, task, "PretrainedLanguageModel.Head shows what they hold."), new TextEncoder(model, maxTokens)) { LabelNames = model.Head!.Labels });

    /// <summary>Trains a backbone with such a head.</summary>
    /// <param name="backbone">Where the weights come from.</param>
    /// <param name="options">How to train; checked, and no one else's.</param>
    /// <param name="task">What the head is for.</param>
    /// <param name="labels">Names of the numbers of a token; none for spans.</param>
    /// <param name="outputs">Numbers a token (K).</param>
    /// <param name="prepare">Makes rows and their task, for a model, its encoder and its head, and what holds the rows.</param>
    /// <param name="files">The files of a model of this kind, to go on from a head that lies beside the backbone's weights; null for none.</param>
    /// <param name="savedLabels">The names of that head's numbers.</param>
    /// <param name="metric">A figure of the caller's by which the best weights are chosen, of the model as it is; null for none.</param>
    internal static FittedTokens Train(
        ModelSource backbone,
        FineTuneOptions options,
        HeadTask task,
        IReadOnlyList<string> labels,
        int outputs,
        Func<PretrainedLanguageModel, TextEncoder, PretrainedHead, (StoredRows Stored, TrainingRows Rows, TrainingObjective Objective)> prepare,
        HeadFiles? files,
        IReadOnlyList<string> savedLabels,
        Func<FittedTokens, double>? metric) =>
        Open(backbone, options.Device, model =>
        {
            var encoder = new TextEncoder(model, options.MaxSequenceLength);
            PretrainedHead head = files is not null && !files.HoldOwnHead(backbone.Source)
                ? TokenHeads.OfLabels(ReadHead(backbone.Source, model, files, task, savedLabels, savedLabels.Count == 0 ? outputs : savedLabels.Count), new HeadLabels(labels, Problem: null))
                : TokenHeads.Make(model, options, task, new HeadLabels(labels, Problem: null), outputs);
            try
            {
                var (stored, rows, objective) = prepare(model, encoder, head);
                using StoredRows held = stored;
                IReadOnlyList<int[]>? probeTexts = options.GeometryProbe?.Texts is { } probe ? encoder.Encode(probe).Sequences : null;
                var inTraining = new FittedTokens(model, head, encoder) { LabelNames = head.Labels, ScoringPrecision = options.ScoringPrecision };
                if (metric is not null)
                {
                    options.ChooseBy(_ => metric(inTraining));
                }

                FineTuneResult result = MeasuredTraining.Run(model, objective, rows, options, probeTexts);
                return new FittedTokens(model, head, encoder)
                {
                    LabelNames = head.Labels,
                    ScoringPrecision = options.ScoringPrecision,
                    AdapterSaving = options.Lora?.Saving ?? AdapterSaving.Everything,
                    TrainingResult = result,
                    GeometryHistory = result.GeometryHistory,
                    TruncatedTrainingRows = rows.Truncated,
                };
            }
            catch when (!ReferenceEquals(head, model.Head))
            {
                head.Dispose();
                throw;
            }
        });

    /// <summary>Reads what such a model wrote.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    internal static FittedTokens Load(FileSource source, string device, HeadFiles files, IModelSettings settings, HeadTask task, IReadOnlyList<string> labels, int outputs) =>
        Open(ModelSource.FromSource(source.Name, source), device, model =>
        {
            model.Backbone.eval();
            PretrainedHead head = files.HoldOwnHead(source) ? OwnHead(source, model, task, outputs) : ReadHead(source, model, files, task, labels, outputs);
            return new FittedTokens(model, head, new TextEncoder(model, settings.MaxSequenceLength))
            {
                LabelNames = labels,
                ScoringPrecision = settings.ScoringPrecision,
                AdapterSaving = model.Adapter?.Saving ?? AdapterSaving.Everything,
                GeometryHistory = GeometryHistoryFile.Read(source),
            };
        });

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (IsApart)
        {
            Head.Dispose();
        }

        base.Dispose();
    }

    /// <summary>Runs the head over sequences.</summary>
    /// <param name="texts">None of the sequences empty.</param>
    /// <param name="precision">The number type of scoring.</param>
    /// <param name="finish">What is made of the head's outputs, <c>[B, L, K]</c>, such as probabilities, of the same shape.</param>
    /// <param name="take">Takes the numbers of a sequence, <c>[L * K]</c>, without those of pads.</param>
    internal void Score(EncodedTexts texts, Precision precision, Func<Tensor, Tensor> finish, Action<int, ReadOnlySpan<float>> take)
    {
        Sweep.Run(texts, PrecisionResolver.ComputeType(precision, Sweep.Device), (rows, batch, states) =>
        {
            float[] values = finish(Head.Outputs(states, batch.Lengths)).cpu().contiguous().data<float>().ToArray();
            int width = batch.Columns * OutputCount;
            for (int i = 0; i < rows.Length; i++)
            {
                take(rows[i], values.AsSpan(i * width, batch.Lengths[i] * OutputCount));
            }
        });
    }

    private static PretrainedHead OwnHead(FileSource source, PretrainedLanguageModel model, HeadTask task, int outputs) => model.Head is { } own && own.Task == task && own.OutputCount == outputs
        ? own
        : throw new ModelFileException(source.Describe("config.json"), $"It must describe a head for {task} of {outputs} numbers, which the saved model has among its weights. Save the model again.");

    private static PretrainedHead ReadHead(FileSource source, PretrainedLanguageModel model, HeadFiles files, HeadTask task, IReadOnlyList<string> labels, int outputs)
    {
        PretrainedHead head = TokenHeads.Linear(model.Backbone, task, new HeadLabels(labels, Problem: null), outputs, seed: 0);
        try
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            Dictionary<string, Tensor> values = TokenHeads.Weights(head).ToDictionary(pair => pair.Key, pair => zeros(pair.Value.shape));
            files.Fill(source, values);
            foreach (var (name, parameter) in head.Parameters)
            {
                parameter.copy_(values[name]);
            }

            return head;
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }
}
