using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a backbone is trained for: holds a target for each training row, and turns a forward pass into the task's loss.</summary>
/// <remarks>
/// A new task is one class of this kind in one file: a <see cref="Name"/>, the parameters of its head, its targets by row, and <see cref="Compute"/>.
/// Loop, snapshots, validation and progress know no task. An objective serves one training run and is used by one thread.
/// </remarks>
public abstract class TrainingObjective
{
    private static readonly byte[] NoTarget = [255, 255, 255, 255];

    /// <summary>Creates the objective.</summary>
    /// <param name="rowWeights">How much each row counts, at least 0; null (default) where all count 1. Copied.</param>
    protected TrainingObjective(IReadOnlyList<float>? rowWeights = null) => RowWeights = rowWeights is null ? null : [.. rowWeights];

    /// <summary>Gets the name of the task, by which an interrupted run is told from others: lower-case words, never changed once it was published.</summary>
    public abstract string Name { get; }

    /// <summary>Gets what the objective adds to the backbone's trained parameters, such as a head's weights. Default: nothing.</summary>
    public virtual IReadOnlyList<Parameter> HeadParameters => [];

    /// <summary>Gets the hidden states that the loss looks at beside the last one, by index 0..N. Default: none.</summary>
    public virtual IEnumerable<int> HiddenStates => [];

    /// <summary>Gets the objective whose loss is measured on held-out rows. Default: this one.</summary>
    public virtual TrainingObjective ForValidation => this;

    /// <summary>Gets for how many rows there is a target; null (default) where a row's tokens are all there is to predict.</summary>
    public virtual int? TargetRows => null;

    /// <summary>Gets the group of a row, such as its class: of each group the same share is held out. Default: all rows are of one group.</summary>
    /// <param name="row">The row, from 0.</param>
    public virtual int Group(int row) => 0;

    /// <summary>Gets a row's target as bytes, by which an interrupted run knows its data again. Default: four bytes that stand for no target.</summary>
    /// <param name="row">The row, from 0.</param>
    public virtual ReadOnlySpan<byte> TargetBytes(int row) => NoTarget;

    /// <summary>The objective's own options, by which an interrupted run is told from others; null where it has none.</summary>
    internal virtual IOptions? OwnOptions => null;

    /// <summary>Gets how much each row counts, one number a row; null where all count 1.</summary>
    public IReadOnlyList<float>? RowWeights { get; }

    /// <summary>The weight of a batch's predictions, whose losses <see cref="TaskLoss.Sum"/> adds up: losses and figures are means over it. Default: that of its rows.</summary>
    /// <param name="batch">The batch.</param>
    public virtual double TargetWeight(TaskBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return RowWeights is { } weights ? batch.Rows.Sum(row => (double)weights[row]) : batch.Rows.Count;
    }

    /// <summary>Refuses options that the task has no use for. Default: it learns from no teacher (<see cref="FineTuneOptions.Distillation"/>) and has no classes (<see cref="FineTuneOptions.LabelSmoothing"/>, <see cref="FineTuneOptions.ClassWeights"/>).</summary>
    /// <param name="options">How to train; valid in themselves.</param>
    /// <exception cref="ArgumentException">An option does not fit the task; the message names option and cure.</exception>
    public virtual void CheckOptions(FineTuneOptions options)
    {
        TeacherCheck.Refuse(options, Name);
        LabelSmoothing.Refuse(options, Name);
        RefuseClassWeights(options);
    }

    /// <summary>Refuses class weights for a task whose rows have not one class each.</summary>
    private protected void RefuseClassWeights(FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ClassWeights != ClassWeighting.Even)
        {
            throw new ArgumentException($"FineTuneOptions.ClassWeights is {options.ClassWeights}, but {Name} has not one class for each row. Set it to Even; single rows may be weighted.", nameof(options));
        }
    }

    /// <summary>Computes the task loss of a batch.</summary>
    /// <param name="backbone">The backbone, which made the pass.</param>
    /// <param name="output">The pass, with the hidden states that <see cref="HiddenStates"/> asks for.</param>
    /// <param name="inputIds">The token ids that went in, <c>[B, L]</c>, int64, on the backbone's device.</param>
    /// <param name="batch">The tokens, and the rows whose targets are to be predicted.</param>
    /// <returns>The loss, in the caller's dispose scope.</returns>
    public abstract TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch);

    /// <summary>The weights of a batch's rows, <c>[B]</c>; null where all count 1.</summary>
    private protected Tensor? WeightsOf(TaskBatch batch, Device device) => RowWeights is { } weights ? tensor([.. batch.Rows.Select(row => weights[row])], device: device) : null;

    /// <summary>The sum of a batch's losses.</summary>
    /// <param name="loss">Gives the losses, reduced as asked: <c>[B]</c>, or their sum.</param>
    /// <param name="weights">Of the rows.</param>
    private protected static Tensor Sum(Func<nn.Reduction, Tensor> loss, Tensor? weights) => weights is null ? loss(nn.Reduction.Sum) : loss(nn.Reduction.None).mul(weights).sum();

    /// <summary>The cross-entropy of classes, and how many of them are right.</summary>
    /// <param name="logits"><c>[N, K]</c>.</param>
    /// <param name="labels"><c>[N]</c>, int64.</param>
    /// <param name="smoothing">The share of each label that is spread over all classes; the loss that is reported is without it.</param>
    /// <param name="weights">How much each counts, <c>[N]</c>; null where all count 1.</param>
    private protected static TaskLoss ClassLoss(Tensor logits, Tensor labels, double smoothing, Tensor? weights)
    {
        Tensor own = Sum(reduction => nn.functional.cross_entropy(logits, labels, reduction: reduction), weights);
        Tensor sum = smoothing > 0 ? LabelSmoothing.Mixed(own, Sum(Even, weights), smoothing) : own;
        Tensor correct = Right(logits.detach().argmax(1).eq(labels), weights);
        return new TaskLoss { Sum = sum, Own = smoothing > 0 ? own.detach() : null, Figures = new Dictionary<string, Tensor> { [TrainingFigures.Accuracy] = correct } };

        // Against labels that are spread evenly.
        Tensor Even(nn.Reduction reduction)
        {
            Tensor means = logits.log_softmax(1).mean([1]);
            return (reduction == nn.Reduction.Sum ? means.sum() : means).neg();
        }
    }

    /// <summary>The weight of those rows that are right.</summary>
    private protected static Tensor Right(Tensor isRight, Tensor? weights) => weights is null ? isRight.sum() : isRight.to_type(ScalarType.Float32).mul(weights).sum();
}
