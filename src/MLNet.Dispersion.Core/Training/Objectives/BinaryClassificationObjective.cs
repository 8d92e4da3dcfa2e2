using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts yes or no from one vector of each row: logistic loss.</summary>
public sealed class BinaryClassificationObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly byte[] _labels;
    private readonly double _smoothing;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output, the logarithm of the odds of yes; stays the caller's.</param>
    /// <param name="labels">The label of each row; copied.</param>
    /// <param name="labelSmoothing">The share of each label that is spread over yes and no (<see cref="FineTuneOptions.LabelSmoothing"/>); the loss that is reported is without it. Default 0.</param>
    /// <param name="rowWeights">How much each row counts, at least 0; null (default) where all count the same. Copied.</param>
    public BinaryClassificationObjective(ScoreHead head, IReadOnlyList<bool> labels, double labelSmoothing = 0, IReadOnlyList<float>? rowWeights = null)
        : base(rowWeights)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(labels);
        _head = head;
        _smoothing = labelSmoothing;
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
    public override void CheckOptions(FineTuneOptions options) => TeacherCheck.Refuse(options, Name);

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor labels = tensor([.. batch.Rows.Select(row => (float)_labels[row])], [batch.Rows.Count, 1], device: inputIds.device);
        return LogisticLoss.Of(_head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths), labels, _smoothing, WeightsOf(batch, inputIds.device));
    }
}
