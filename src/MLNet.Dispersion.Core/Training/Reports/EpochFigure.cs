namespace MLNet.Dispersion;

/// <summary>Gives one figure of the caller's at the end of each epoch.</summary>
/// <param name="name">What it is called.</param>
/// <param name="measure">Measures it.</param>
internal sealed class EpochFigure(string name, Func<TrainingRun, double> measure) : ITrainingObserver
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double> Figures(TrainingRun run) => new Dictionary<string, double> { [name] = measure(run) };
}
