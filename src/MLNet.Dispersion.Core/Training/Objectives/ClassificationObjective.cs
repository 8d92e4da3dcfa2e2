using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts a class from one vector of each row: cross-entropy.</summary>
public sealed class ClassificationObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly int[] _labels;
    private readonly double _smoothing;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output a class (K); stays the caller's.</param>
    /// <param name="labels">The class of each row, 0..K-1; copied.</param>
    /// <param name="labelSmoothing">The share of each label that is spread over all classes (<see cref="FineTuneOptions.LabelSmoothing"/>); the loss that is reported is without it. Default 0.</param>
    /// <param name="rowWeights">How much each row counts, at least 0; null (default) where all count the same. Copied.</param>
    public ClassificationObjective(ScoreHead head, IReadOnlyList<int> labels, double labelSmoothing = 0, IReadOnlyList<float>? rowWeights = null)
        : base(rowWeights)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(labels);
        _head = head;
        _smoothing = labelSmoothing;
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
    public override void CheckOptions(FineTuneOptions options) => TeacherCheck.Refuse(options, Name);

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor logits = _head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths);
        Tensor labels = tensor([.. batch.Rows.Select(row => (long)_labels[row])], device: inputIds.device);
        return ClassLoss(logits, labels, _smoothing, WeightsOf(batch, inputIds.device));
    }
}
