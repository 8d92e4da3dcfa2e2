using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What a search found. Disposing it frees <see cref="BestModel"/>; everything else stays readable. Thread-safe.</summary>
/// <remarks>
/// A search makes it; of any other study, such as one read from a storage, one can be made of <see cref="Trials"/>, <see cref="Objectives"/> and <see cref="Space"/>, for its tables and pictures
/// (<see cref="SearchPlots"/>, <see cref="SearchDataViewExtensions"/>).
/// </remarks>
public sealed class SearchResult : IDisposable
{
    /// <summary>Gets all trials, by number.</summary>
    public required IReadOnlyList<Trial> Trials { get; init; }

    /// <summary>Gets what was optimised: one metric or two.</summary>
    public required IReadOnlyList<StudyObjective> Objectives { get; init; }

    /// <summary>Gets the space that was searched.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>Gets the best completed trial by the first metric, the earliest of equals; null while none has completed.</summary>
    public Trial? Best
    {
        get
        {
            IEnumerable<Trial> completed = Trials.Where(trial => trial.State == TrialState.Completed);
            return Objectives[0].Maximize ? completed.MaxBy(trial => trial.Values[0]) : completed.MinBy(trial => trial.Values[0]);
        }
    }

    /// <summary>Gets the options of the best trial; null while none has completed.</summary>
    public FineTuneOptions? BestOptions { get => field?.Clone(); internal set; }

    /// <summary>
    /// Gets what the best trial's pipeline was fitted to (on the training data alone). Null where the best trial was run by another process or an earlier run, or with folds: call <see cref="Refit"/> then.
    /// </summary>
    public ITransformer? BestModel { get; internal set; }

    /// <summary>Gets what came of the confirmation (<see cref="DispersionSearch.SetConfirmation"/>); null without one. Its trials are not among <see cref="Trials"/>.</summary>
    public SearchConfirmation? Confirmation { get; init; }

    /// <summary>Gets what the search says about the dispersion loss.</summary>
    public DispersionVerdict Dispersion => DispersionVerdict.Of(Trials, Objectives, Confirmation);

    /// <summary>Gets how much each parameter matters, greatest first.</summary>
    public IReadOnlyList<ParameterImportance> Importance => ParameterImportance.Of(Trials, Space, Objectives[0]);

    /// <summary>Gets the trials that no other beats in all metrics; with one metric, the best and its equals.</summary>
    public IReadOnlyList<Trial> ParetoFront => Studies.ParetoFront.Of(Trials, Objectives);

    /// <summary>Fits the best trial's pipeline to data, or to all of the search's own.</summary>
    internal Func<IDataView?, ITransformer>? Fit { get; set; }

    /// <summary>Fits the best trial's pipeline anew.</summary>
    /// <param name="data">All data; null for that of the search, where it was one set.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">No trial has completed, no data was passed where training and validation data were given apart, or no search made this result.</exception>
    public ITransformer Refit(IDataView? data = null)
    {
        if (Best is null)
        {
            throw new InvalidOperationException("No trial has completed, so there is nothing to fit again.");
        }

        return Fit is not null ? Fit(data) : throw new InvalidOperationException("This result was not made by a search, so it knows no pipeline to fit again: fit your own with the best trial's parameters.");
    }

    /// <summary>Writes the trials as a table of text, best first.</summary>
    public override string ToString() => TrialTable.ToText(this);

    /// <summary>Writes everything as JSON, version 1: metrics, space, best trial, verdict on dispersion, importance, Pareto front (numbers) and all trials.</summary>
    public string ToJson() => ResultJson.Write(this);

    /// <inheritdoc/>
    public void Dispose() => (BestModel as IDisposable)?.Dispose();
}
