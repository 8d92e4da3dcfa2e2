using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Says what most likely made a loss NaN or infinite.</summary>
internal static class Divergence
{
    internal static string Describe(IReadOnlyList<TrainingProgress> history, LearningRateSchedule schedule, ScalarType computeType, FineTuneOptions options)
    {
        int step = history.Count + 1;
        string before = history.Count == 0
            ? "It was so from the first step: look at the checkpoint's weights for NaN or infinite values."
            : $"The step before had loss {history[^1].TaskLoss:G4} and gradient norm {history[^1].GradientNorm:G4}.";
        return $"Step {step} of {schedule.TotalSteps}: the loss or its gradient became NaN or infinite. {before} {Cause(schedule, computeType, options)}";
    }

    private static string Cause(LearningRateSchedule schedule, ScalarType computeType, FineTuneOptions options)
    {
        if (options.MaxGradNorm is null)
        {
            return "Likely cause: gradients are not clipped. Set MaxGradNorm to 1.";
        }

        if (computeType != ScalarType.Float32)
        {
            return $"Likely cause: learning rate {schedule.Peak:G3} is too high, or bfloat16 too coarse for these weights. Try a tenth of the rate, or Precision.Float32.";
        }

        return $"Likely cause: learning rate {schedule.Peak:G3} is too high for this backbone. Try a tenth of it.";
    }
}
