using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What a search found. Disposing it frees <see cref="BestModel"/>; everything else stays readable. Thread-safe.</summary>
public sealed class SearchResult : IDisposable
{
    private readonly TrialCode _code;
    private readonly IDataView? _allData;

    internal SearchResult(IReadOnlyList<Trial> trials, StudyDefinition definition, TrialCode code, IDataView? allData, BestModel models)
    {
        (Trials, Objectives, Space, _code, _allData) = (trials, definition.Objectives, definition.Space, code, allData);
        Trial[] completed = [.. trials.Where(trial => trial.State == TrialState.Completed)];
        Best = Objectives[0].Maximize ? completed.MaxBy(trial => trial.Values[0]) : completed.MinBy(trial => trial.Values[0]);
        BestModel = models.TakeIf(Best?.Number);
    }

    /// <summary>All trials, by number.</summary>
    public IReadOnlyList<Trial> Trials { get; }

    /// <summary>What was optimised.</summary>
    public IReadOnlyList<StudyObjective> Objectives { get; }

    /// <summary>The space that was searched.</summary>
    public SearchSpace Space { get; }

    /// <summary>The best completed trial by the first metric, the earliest of equals; null while none has completed.</summary>
    public Trial? Best { get; }

    /// <summary>The options of the best trial; null while none has completed.</summary>
    public FineTuneOptions? BestOptions => Best is null ? null : _code.OptionsOf(Best.Kind, Best.Parameters!);

    /// <summary>
    /// What the best trial's pipeline was fitted to (on the training data alone). Null where the best trial was run by another process or an earlier run, or with folds: call <see cref="Refit"/> then.
    /// </summary>
    public ITransformer? BestModel { get; }

    /// <summary>Whether dispersion helped.</summary>
    public DispersionVerdict Dispersion => DispersionVerdict.Of(Trials, Objectives);

    /// <summary>How much each parameter matters, greatest first.</summary>
    public IReadOnlyList<ParameterImportance> Importance => ParameterImportance.Of(Trials, Space);

    /// <summary>The trials that no other beats in all metrics; with one metric, the best and its equals.</summary>
    public IReadOnlyList<Trial> ParetoFront => Studies.ParetoFront.Of(Trials, Objectives);

    /// <summary>Fits the best trial's pipeline anew.</summary>
    /// <param name="data">All data; null for that of the search, where it was one set.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">No trial has completed, or no data was passed where training and validation data were given apart.</exception>
    public ITransformer Refit(IDataView? data = null)
    {
        Trial best = Best ?? throw new InvalidOperationException("No trial has completed, so there is nothing to fit again.");
        IDataView all = data ?? _allData ?? throw new InvalidOperationException("The search had training and validation data apart: pass all of it to Refit.");
        return _code.PipelineOf(new SearchTrial(best.Number, best.Kind, best.Parameters!, BestOptions!)).Fit(all);
    }

    /// <summary>The trials as a table of text, best first.</summary>
    public override string ToString() => TrialTable.ToText(this);

    /// <summary>The trials as ML.NET's data: <c>Number</c>, <c>Attempt</c> (<see cref="int"/>), <c>State</c>, <c>Kind</c>, <c>FailureReason</c> (text), <c>Seconds</c>, one column for each metric and for each parameter
    /// (numbers as <see cref="double"/>, NaN where absent; others as text, empty where absent).</summary>
    public IDataView ToDataView() => TrialTable.ToDataView(this);

    /// <summary>Everything as JSON, version 1: metrics, space, best trial, verdict on dispersion, importance, Pareto front (numbers) and all trials.</summary>
    public string ToJson() => ResultJson.Write(this);

    /// <summary>The pictures: how the best value rose or fell from trial to trial, the first metric over each parameter, and with two metrics the Pareto front. None while no trial has completed.</summary>
    public IReadOnlyList<CondensationPicture> ToPictures() => SearchPlots.All(this);

    /// <summary>Writes a self-contained web page: verdict, pictures and tables. It appears whole or not at all.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="title">The page's title.</param>
    public void WriteHtml(string path, string title = "Hyperparameter search") =>
        HtmlReport.Write(path, new HtmlReportContent(TrialTable.ToHtml(this), ToPictures()) { Title = title });

    /// <inheritdoc/>
    public void Dispose() => (BestModel as IDisposable)?.Dispose();
}
