using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts yes or no from the backbone's summary of each row: logistic loss.</summary>
public sealed class BinaryClassificationObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly byte[] _labels;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output, the logarithm of the odds of yes; stays the caller's.</param>
    /// <param name="labels">The label of each row; copied.</param>
    public BinaryClassificationObjective(ScoreHead head, IReadOnlyList<bool> labels)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(labels);
        _head = head;
        _labels = [.. labels.Select(label => (byte)(label ? 1 : 0))];
    }

    /// <inheritdoc/>
    public override string Name => "binary text classification";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _head.Parameters;

    /// <inheritdoc/>
    public override int? TargetRows => _labels.Length;

    /// <inheritdoc/>
    public override int Group(int row) => _labels[row];

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => _labels.AsSpan(row, 1);

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor logits = _head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths).squeeze(1);
        Tensor labels = tensor([.. batch.Rows.Select(row => (float)_labels[row])], device: inputIds.device);
        Tensor sum = nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction: nn.Reduction.Sum);
        Tensor correct = logits.detach().gt(zeros_like(labels)).eq(labels.gt(zeros_like(labels))).sum();
        return new TaskLoss { Sum = sum, Figures = new Dictionary<string, Tensor> { [TrainingFigures.Accuracy] = correct } };
    }
}
