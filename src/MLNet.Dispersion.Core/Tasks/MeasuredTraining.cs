using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Where training, diagnostics and the model's card meet: a run whose geometry is measured where the options ask for it, and that the card of the saved model tells of.</summary>
internal static class MeasuredTraining
{
    /// <summary>Trains the model's backbone and the objective's head in place, where the backbone is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="objective">The task.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="options">How to train; checked.</param>
    /// <param name="probeTexts">The texts whose geometry is followed (<see cref="GeometryProbeOptions.Texts"/>); null to choose from the rows.</param>
    internal static FineTuneResult Run(PretrainedLanguageModel model, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, IReadOnlyList<int[]>? probeTexts)
    {
        FineTuneResult result = Run(model.Backbone, objective, rows, options, model.Device, probeTexts);
        model.Trainings.Add(TrainingNotes.Of(objective.Name, options, result));
        return result;
    }

    private static FineTuneResult Run(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, FineTuneOptions options, Device device, IReadOnlyList<int[]>? probeTexts)
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
