using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Predicts which of several labels a row has, any number of them, from one vector of each row: logistic loss, the mean over labels.</summary>
public sealed class MultiLabelObjective : TrainingObjective
{
    private readonly ScoreHead _head;
    private readonly byte[][] _labels;
    private readonly double _smoothing;

    /// <summary>Creates the objective.</summary>
    /// <param name="head">The head, with one output a label, the logarithm of its odds; stays the caller's.</param>
    /// <param name="labels">For each row whether it has each label; copied.</param>
    /// <param name="labelSmoothing">The share of each label that is spread over yes and no (<see cref="FineTuneOptions.LabelSmoothing"/>); the loss that is reported is without it. Default 0.</param>
    /// <param name="rowWeights">How much each row counts, at least 0; null (default) where all count the same. Copied.</param>
    public MultiLabelObjective(ScoreHead head, IReadOnlyList<IReadOnlyList<bool>> labels, double labelSmoothing = 0, IReadOnlyList<float>? rowWeights = null)
        : base(rowWeights)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(labels);
        _head = head;
        _smoothing = labelSmoothing;
        // Rows that have the same list share the bytes as well.
        var known = new Dictionary<IReadOnlyList<bool>, byte[]>(ReferenceEqualityComparer.Instance);
        _labels = [.. labels.Select(row => known.TryGetValue(row, out byte[]? bytes) ? bytes : known[row] = [.. row.Select(label => (byte)(label ? 1 : 0))])];
    }

    /// <inheritdoc/>
    public override string Name => "multi-label text classification";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> HeadParameters => _head.Parameters;

    /// <inheritdoc/>
    public override int? TargetRows => _labels.Length;

    /// <summary>Gets the group of a row, by which rows are held out: its first label, so that rare labels are held out as well.</summary>
    /// <param name="row">The row, from 0.</param>
    public override int Group(int row) => Array.IndexOf(_labels[row], (byte)1);

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TargetBytes(int row) => _labels[row];

    /// <inheritdoc/>
    public override void CheckOptions(FineTuneOptions options)
    {
        TeacherCheck.Refuse(options, Name);
        RefuseClassWeights(options);
    }

    /// <inheritdoc/>
    public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
    {
        Tensor labels = tensor([.. batch.Rows.SelectMany(row => _labels[row]).Select(label => (float)label)], [batch.Rows.Count, _head.OutputCount], device: inputIds.device);
        return LogisticLoss.Of(_head.Outputs(backbone, output.LastHiddenState, batch.Tokens.Lengths), labels, _smoothing, WeightsOf(batch, inputIds.device));
    }
}
