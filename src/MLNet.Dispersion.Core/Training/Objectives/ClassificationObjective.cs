using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts a class from the backbone's summary of each row: cross-entropy.</summary>
public sealed class ClassificationObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly int[] _labels;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output a class (K); stays the caller's.</param>
    /// <param name="labels">The class of each row, 0..K-1; copied.</param>
    public ClassificationObjective(ScoreHead head, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(labels);
        _head = head;
        _labels = [.. labels];
    }

    /// <inheritdoc/>
    public override string Name => "text classification";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _head.Parameters;

    /// <inheritdoc/>
    public override int? TargetRows => _labels.Length;

    /// <inheritdoc/>
    public override int Group(int row) => _labels[row];

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => MemoryMarshal.AsBytes(_labels.AsSpan(row, 1));

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor logits = _head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths);
        Tensor labels = tensor([.. batch.Rows.Select(row => (long)_labels[row])], device: inputIds.device);
        Tensor sum = nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.Sum);
        Tensor correct = logits.detach().argmax(1).eq(labels).sum();
        return new TaskLoss { Sum = sum, Figures = new Dictionary<string, Tensor> { [TrainingFigures.Accuracy] = correct } };
    }
}
