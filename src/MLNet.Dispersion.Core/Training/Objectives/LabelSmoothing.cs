using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Labels of which a share is spread evenly over all classes.</summary>
internal static class LabelSmoothing
{
    /// <summary>The loss against smoothed labels, which is linear in the labels.</summary>
    /// <param name="own">The loss against the labels.</param>
    /// <param name="even">The loss against labels that are spread evenly.</param>
    /// <param name="share">The share that is spread.</param>
    internal static Tensor Mixed(Tensor own, Tensor even, double share) => own.Times(1 - share).Plus(even.Times(share));

    /// <summary>Refuses it for a task without classes.</summary>
    /// <exception cref="ArgumentException">The options ask for it.</exception>
    internal static void Refuse(FineTuneOptions options, string task)
    {
        if (options.LabelSmoothing > 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"FineTuneOptions.LabelSmoothing is {options.LabelSmoothing}, but {task} has no classes to spread labels over. Set it to 0."), nameof(options));
        }
    }
}
