using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts the tokens of answers: cross-entropy of the logits at t against token t + 1, where that one is learnt; the head is applied there alone.</summary>
internal sealed class AnswerObjective : TrainingObjective
{
    private readonly LazyList<float[]> _weights;
    private readonly bool _isDynamic;
    private readonly string? _name;
    private readonly double _smoothing;

    /// <param name="weights">How much each token of each row counts, 0 where it is not learnt.</param>
    /// <param name="textLengths">The tokens of each text of each row, whose first is predicted from nothing; null where rows are single texts.</param>
    /// <param name="isDynamic">Whether each loss is multiplied by its token's probability.</param>
    /// <param name="labelSmoothing">The share of each label that is spread over the vocabulary; the loss that is reported is with it.</param>
    /// <param name="name">The name of a task whose tokens are all answers; null where they are those of conversations.</param>
    internal AnswerObjective(IReadOnlyList<float[]> weights, IReadOnlyList<IReadOnlyList<int>>? textLengths, bool isDynamic, double labelSmoothing = 0, string? name = null)
    {
        _weights = new LazyList<float[]>(weights.Count, row => Predicted(weights[row], textLengths?[row]));
        (_isDynamic, _smoothing, _name) = (isDynamic, labelSmoothing, name);
    }

    /// <inheritdoc/>
    public override string Name => _name ?? (_isDynamic ? "answers, with dynamic loss" : "answers");

    /// <inheritdoc/>
    public override int? TargetRows => _weights.Count;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => MemoryMarshal.AsBytes(_weights[row].AsSpan());

    /// <inheritdoc/>
    public override TrainingObjective ForValidation => _smoothing == 0 ? this : new AnswerObjective(_weights, textLengths: null, _isDynamic, name: _name);

    /// <inheritdoc/>
    public override void CheckOptions(FineTuneOptions options)
    {
        TeacherCheck.Refuse(options, Name);
        RefuseClassWeights(options);
    }

    /// <inheritdoc/>
    public override double TargetWeight(TaskBatch batch) => batch.Rows.Sum(row => _weights[row].Sum(weight => (double)weight));

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        int columns = batch.Tokens.Columns;
        (int At, float Weight)[] counted = [.. batch.Rows.SelectMany((row, i) => _weights[row].Select((weight, token) => ((i * columns) + token, weight))).Where(token => token.weight > 0)];
        if (counted.Length == 0)
        {
            // Nothing is learnt of these rows; the graph still needs an end.
            return new TaskLoss { Sum = output.LastHiddenState.Times(0).sum(), Figures = Accuracy(0) };
        }

        Device device = inputIds.device;
        Tensor hidden = output.LastHiddenState.flatten(0, 1).index_select(0, tensor([.. counted.Select(token => token.At - 1L)], device: device));
        Tensor targets = tensor([.. counted.Select(token => batch.Tokens.InputIds[token.At])], device: device);
        Tensor weights = tensor([.. counted.Select(token => token.Weight)], device: device);
        if (backbone.HeadWeight is { is_leaf: true } head)
        {
            double right = 0;
            bool isPlain = !_isDynamic && _smoothing == 0 && counted.All(token => token.Weight == 1);
            HeadLoss loss = (logits, start, wantsGradient) =>
            {
                Tensor some = targets.narrow(0, start, logits.shape[0]), counts = weights.narrow(0, start, logits.shape[0]);
                right += Right(logits.argmax(1).eq(some), counts).ToDouble();
                return isPlain ? SoftmaxGradient.Of(logits, some, wantsGradient) : AnswerLoss.WithSlopes(logits, some, counts, _isDynamic, _smoothing);
            };
            Tensor sum = HeadCrossEntropy.Sum(hidden, head, loss, backbone.ComputeType, HeadCrossEntropy.ChunkOf(head, backbone.ComputeType));
            return new TaskLoss { Sum = sum, Figures = Accuracy(right) };
        }

        Tensor logits = backbone.Logits(hidden);
        return new TaskLoss
        {
            Sum = AnswerLoss.Sum(logits, targets, weights, _isDynamic, _smoothing),
            Figures = Accuracy(Right(logits.argmax(1).eq(targets), weights).ToDouble()),
        };
    }

    private static Dictionary<string, Tensor> Accuracy(double right) => new() { [TrainingFigures.Accuracy] = tensor(right) };

    private static float[] Predicted(float[] row, IReadOnlyList<int>? textLengths)
    {
        float[] weights = [.. row];
        int start = 0;
        foreach (int length in textLengths ?? [row.Length])
        {
            weights[start] = 0;
            start += length;
        }

        return weights;
    }
}
