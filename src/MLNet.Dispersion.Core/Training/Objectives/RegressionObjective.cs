using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts a number from one vector of each row: squared error.</summary>
public sealed class RegressionObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly float[] _values;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output; stays the caller's.</param>
    /// <param name="values">The number of each row, best of mean 0 and variance 1; copied.</param>
    /// <param name="rowWeights">How much each row counts, at least 0; null (default) where all count the same. Copied.</param>
    public RegressionObjective(ScoreHead head, IReadOnlyList<float> values, IReadOnlyList<float>? rowWeights = null)
        : base(rowWeights)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(values);
        _head = head;
        _values = [.. values];
    }

    /// <inheritdoc/>
    public override string Name => "text regression";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _head.Parameters;

    /// <inheritdoc/>
    public override int? TargetRows => _values.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => MemoryMarshal.AsBytes(_values.AsSpan(row, 1));

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor predicted = _head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths).squeeze(1);
        Tensor values = tensor([.. batch.Rows.Select(row => _values[row])], device: inputIds.device);
        return new TaskLoss { Sum = Sum(reduction => nn.functional.mse_loss(predicted, values, reduction), WeightsOf(batch, inputIds.device)) };
    }
}
