using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Learns which of two answers is better: rows are prompts with the better one, their rivals stand behind them in a batch.</summary>
internal sealed class PreferenceObjective : TrainingObjective
{
    private readonly PreferenceRows _rows;
    private readonly PreferenceOptions _options;
    private readonly ReferenceLikelihoods _reference;

    /// <param name="rows">The pairs.</param>
    /// <param name="reference">What the reference policy says of them.</param>
    /// <param name="options">How; checked.</param>
    internal PreferenceObjective(PreferenceRows rows, ReferenceLikelihoods reference, PreferenceOptions options)
        : base(rows.Weights.All(weight => weight == 1) ? null : rows.Weights) => (_rows, _reference, _options) = (rows, reference, options);

    /// <inheritdoc/>
    public override string Name => FormattableString.Invariant($"preferences ({string.Join(", ", _options.Terms.Select(term => FormattableString.Invariant($"{term.Weight} {term.Loss}")))}, beta {_options.Beta}, smoothing {_options.LabelSmoothing})");

    /// <inheritdoc/>
    public override int? TargetRows => _rows.Starts.Count;

    /// <inheritdoc/>
    public override double TargetWeight(TaskBatch batch) => RowWeights is { } weights ? batch.Rows.Sum(row => (double)weights[row]) : batch.Rows.Count;

    /// <summary>Gets the worse answer's tokens, where the answers begin and what the reference says of them, as bytes.</summary>
    /// <param name="row">The pair, from 0.</param>
    public override ReadOnlySpan<byte> TargetBytes(int row) => (byte[])
    [
        .. MemoryMarshal.AsBytes(_rows.Rejected[row].AsSpan()),
        .. BitConverter.GetBytes(_rows.Starts[row]),
        .. BitConverter.GetBytes(_reference.Chosen[row]),
        .. BitConverter.GetBytes(_reference.Rejected[row]),
    ];

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        IReadOnlyList<int> rows = batch.Rows;
        Device device = inputIds.device;
        int[] starts = [.. rows.Select(row => _rows.Starts[row])];
        Tensor likelihoods = AnswerLikelihoods.Of(backbone, output.LastHiddenState, batch.Tokens, [.. starts, .. starts]);
        Tensor own = likelihoods.narrow(0, 0, rows.Count);
        Tensor chosen = own.Plus(Numbers(row => _reference.Chosen[row]).neg());
        Tensor rejected = likelihoods.narrow(0, rows.Count, rows.Count).Plus(Numbers(row => _reference.Rejected[row]).neg());
        Tensor chosenTokens = Numbers(row => AnswerLikelihoods.Count(_rows.Chosen[row].Length, _rows.Starts[row]));
        Tensor rejectedTokens = Numbers(row => AnswerLikelihoods.Count(_rows.Rejected[row].Length, _rows.Starts[row]));
        Tensor weights = WeightsOf(batch, device) ?? ones([rows.Count], device: device);
        Tensor? sum = null;
        foreach (PreferenceTerm term in _options.Terms)
        {
            Tensor part = term.Loss == PreferenceLoss.Supervised
                ? own.mul(weights).sum().neg().div(chosenTokens.mul(weights).sum().AtLeast(1)).mul(weights.sum())
                : PreferenceLosses.Of(term.Loss, chosen, rejected, chosenTokens.AtLeast(1), rejectedTokens.AtLeast(1), _options.Beta, _options.LabelSmoothing).mul(weights).sum();
            part = term.Weight == 1 ? part : part.Times(term.Weight);
            sum = sum is null ? part : sum.Plus(part);
        }

        using var noGradient = no_grad();
        Tensor better = chosen.detach().Times(_options.Beta), worse = rejected.detach().Times(_options.Beta);
        return new TaskLoss
        {
            Sum = sum!,
            Figures = new Dictionary<string, Tensor>
            {
                [TrainingFigures.ChosenReward] = better.mul(weights).sum(),
                [TrainingFigures.RejectedReward] = worse.mul(weights).sum(),
                [TrainingFigures.Accuracy] = Right(better.gt(worse), weights),
            },
        };

        Tensor Numbers(Func<int, float> of) => tensor([.. rows.Select(of)], device: device);
    }
}

/// <summary>What a reference policy says of the answers of preference pairs.</summary>
/// <param name="Chosen">Summed log-probabilities of the better answers, nats.</param>
/// <param name="Rejected">Of the worse ones.</param>
internal sealed record ReferenceLikelihoods(IReadOnlyList<float> Chosen, IReadOnlyList<float> Rejected)
{
    /// <summary>Computes them, without gradients and in evaluation mode.</summary>
    /// <param name="backbone">The reference policy.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="rows">The pairs.</param>
    /// <param name="padId">Fills pads.</param>
    /// <param name="cancel">Looked at before each pass.</param>
    internal static ReferenceLikelihoods Of(LanguageBackbone backbone, Device device, PreferenceRows rows, int padId, CancellationToken cancel)
    {
        using var inside = ExitGate.Enter();
        using var evaluation = new EvaluationMode(backbone);
        using var noGradient = no_grad();
        var pass = new ForwardPass(backbone, device);
        return new ReferenceLikelihoods(Sums(rows.Chosen), Sums(rows.Rejected));

        float[] Sums(IReadOnlyList<int[]> sequences)
        {
            var sums = new float[sequences.Count];
            foreach (int[] some in ForwardPass.Sweep([.. Enumerable.Range(0, sequences.Count).Select(row => StoredRows.LengthOf(sequences, row))]))
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                TokenBatch batch = TokenBatch.Pad([.. some.Select(row => sequences[row])], padId);
                PassOutput output = pass.Read(batch, HiddenStateSelection.None);
                float[] found = [.. AnswerLikelihoods.Of(backbone, output.States.LastHiddenState, batch, [.. some.Select(row => rows.Starts[row])]).cpu().data<float>()];
                foreach ((int i, int row) in some.Index())
                {
                    sums[row] = found[i];
                }
            }

            return sums;
        }
    }
}
