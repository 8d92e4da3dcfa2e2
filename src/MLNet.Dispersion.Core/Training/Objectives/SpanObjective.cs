using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts where in each row an answer starts and ends: the mean of both cross-entropies over the row's tokens. Where there is none, both are the first token.</summary>
internal sealed class SpanObjective : TrainingObjective
{
    private const double Impossible = -1e9;
    private readonly PretrainedHead _head;
    private readonly SpanTarget[] _targets;

    /// <param name="head">The head, with two outputs a token; stays the caller's.</param>
    /// <param name="targets">For each row the places of the answer's first and last token; 0 and 0 where there is none.</param>
    /// <param name="rowWeights">How much each row counts; null where all count the same.</param>
    internal SpanObjective(PretrainedHead head, SpanTarget[] targets, IReadOnlyList<float>? rowWeights)
        : base(rowWeights) => (_head, _targets) = (head, targets);

    /// <inheritdoc/>
    public override string Name => "question answering";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => [.. _head.Parameters.Select(pair => pair.Parameter)];

    /// <inheritdoc/>
    public override int? TargetRows => _targets.Length;

    /// <summary>Gets the group of a row, by which rows are held out: whether it has an answer.</summary>
    /// <param name="row">The row, from 0.</param>
    public override int Group(int row) => _targets[row].End > 0 ? 1 : 0;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => MemoryMarshal.AsBytes(_targets.AsSpan(row, 1));

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Device device = inputIds.device;
        Tensor logits = _head.Outputs(output.LastHiddenState, batch.Tokens.Lengths);
        if (batch.Tokens.AttentionMaskTensor(device) is { } real)
        {
            logits = logits.Masked(real.logical_not().unsqueeze(2), Impossible);
        }

        Tensor? weights = WeightsOf(batch, device);
        var (starts, rightStarts) = Side(0, target => target.Start);
        var (ends, rightEnds) = Side(1, target => target.End);
        return new TaskLoss
        {
            Sum = starts.Plus(ends).Over(2),
            Figures = new Dictionary<string, Tensor> { [TrainingFigures.Accuracy] = Right(rightStarts.logical_and(rightEnds), weights) },
        };

        (Tensor Loss, Tensor Right) Side(int side, Func<SpanTarget, int> place)
        {
            Tensor places = tensor([.. batch.Rows.Select(row => (long)place(_targets[row]))], device: device);
            Tensor scores = logits.select(2, side);
            return (Sum(reduction => nn.functional.cross_entropy(scores, places, reduction: reduction), weights), scores.detach().argmax(1).eq(places));
        }
    }
}

/// <summary>The places of an answer's first and last token in a row; 0 and 0 where there is none.</summary>
internal readonly record struct SpanTarget(int Start, int End);
