using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Makes ML.NET's data of what a search found.</summary>
public static class SearchDataViewExtensions
{
    /// <summary>Makes a row of each trial: <c>Number</c>, <c>Attempt</c> (<see cref="int"/>), <c>State</c>, <c>Kind</c>, <c>FailureReason</c> (text), <c>Seconds</c>, one column for each metric and for each parameter
    /// (numbers as <see cref="double"/>, NaN where absent; others as text, empty where absent).</summary>
    /// <param name="result">The result.</param>
    public static IDataView ToDataView(this SearchResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        IReadOnlyList<Trial> trials = result.Trials;
        return new TableDataView(
        [
            TableDataColumn.OfIntegers("Number", trials.Select(trial => trial.Number)),
            TableDataColumn.OfIntegers("Attempt", trials.Select(trial => trial.Attempt)),
            TableDataColumn.OfTexts("State", trials.Select(trial => $"{trial.State}")),
            TableDataColumn.OfTexts("Kind", trials.Select(trial => trial.Kind)),
            TableDataColumn.OfTexts("FailureReason", trials.Select(trial => trial.FailureReason ?? "")),
            TableDataColumn.OfNumbers("Seconds", trials.Select(trial => (trial.FinishedUtc - trial.StartedUtc)?.TotalSeconds ?? double.NaN)),
            .. result.Objectives.Select((objective, i) => TableDataColumn.OfNumbers(objective.Name, trials.Select(trial => trial.Values.Count > i ? trial.Values[i] : double.NaN))),
            .. result.Space.Parameters.Select(parameter => Column(parameter, trials)),
        ]);
    }

    private static TableDataColumn Column(SearchParameter parameter, IReadOnlyList<Trial> trials)
    {
        object?[] values = [.. trials.Select(trial => trial.Parameters is { } point && point.TryGetValue(parameter.Name, out object? value) ? value : null)];
        return parameter is ChoiceParameter choice && choice.Values.Any(value => value is string or bool)
            ? TableDataColumn.OfTexts(parameter.Name, values.Select(value => value is null ? "" : TrialTable.Word(value)))
            : TableDataColumn.OfNumbers(parameter.Name, values.Select(value => value is null ? double.NaN : Convert.ToDouble(value, CultureInfo.InvariantCulture)));
    }
}
