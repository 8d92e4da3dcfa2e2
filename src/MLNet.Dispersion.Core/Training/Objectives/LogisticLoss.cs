using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Cross-entropy of labels that a row has or has not, one of which says nothing of the others.</summary>
internal static class LogisticLoss
{
    /// <summary>The loss of a batch: the mean over a row's labels, summed over rows; and how many labels are right, as a share of a row's.</summary>
    /// <param name="logits">The logarithms of the odds, <c>[B, K]</c>.</param>
    /// <param name="labels">1 where the row has the label, else 0; <c>[B, K]</c>.</param>
    /// <param name="smoothing">The share of each label that is spread over yes and no.</param>
    /// <param name="weights">How much each row counts, <c>[B]</c>; null where all count 1.</param>
    internal static TaskLoss Of(Tensor logits, Tensor labels, double smoothing, Tensor? weights)
    {
        double share = 1.0 / labels.shape[1];
        Tensor? cells = weights?.unsqueeze(1);
        Tensor own = Sum(logits, labels, share, cells);
        Tensor sum = smoothing > 0 ? LabelSmoothing.Mixed(own, Sum(logits, zeros_like(labels).FillInPlace(0.5), share, cells), smoothing) : own;
        Tensor right = logits.detach().gt(zeros_like(labels)).eq(labels.gt(zeros_like(labels))).to_type(ScalarType.Float32);
        Tensor correct = (cells is null ? right : right.mul(cells)).sum().Times(share);
        return new TaskLoss { Sum = sum, Own = smoothing > 0 ? own.detach() : null, Figures = new Dictionary<string, Tensor> { [TrainingFigures.Accuracy] = correct } };
    }

    private static Tensor Sum(Tensor logits, Tensor labels, double share, Tensor? cells)
    {
        Tensor sum = cells is null
            ? nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction: nn.Reduction.Sum)
            : nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction: nn.Reduction.None).mul(cells).sum();
        return share < 1 ? sum.Times(share) : sum;
    }
}
