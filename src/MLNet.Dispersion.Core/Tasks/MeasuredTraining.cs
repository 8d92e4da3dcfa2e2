using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Where training and diagnostics meet: a run whose geometry is measured where the options ask for it.</summary>
internal static class MeasuredTraining
{
    /// <summary>Trains the backbone and the objective's head in place.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="objective">The task.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="device">Where the backbone is.</param>
    /// <param name="probeTexts">The texts whose geometry is followed (<see cref="GeometryProbeOptions.Texts"/>); null to choose from the rows.</param>
    internal static FineTuneResult Run(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, IReadOnlyList<int[]>? probeTexts)
    {
        if (options.GeometryProbe is not { } probe)
        {
            return FineTuneLoop.Run(backbone, objective, rows, options, device);
        }

        var geometry = new GeometryTracker(probe, probeTexts);
        FineTuneOptions observed = options.Clone();
        observed.Observers = [geometry, .. options.Observers];
        return FineTuneLoop.Run(backbone, objective, rows, observed, device) with { GeometryHistory = [.. geometry.History] };
    }
}
