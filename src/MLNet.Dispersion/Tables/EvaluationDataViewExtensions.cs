using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Turns benchmark scores into ML.NET's data, to be filtered, joined, saved or plotted there.</summary>
public static class EvaluationDataViewExtensions
{
    /// <summary>One row a score.</summary>
    /// <param name="result">The scores.</param>
    /// <returns>
    /// In memory, independent of the result. Columns: <c>Model</c>, <c>Task</c>, <c>Title</c> and <c>Metric</c> (text; the metric as its name in
    /// <see cref="BenchmarkMetric"/>), <c>Score</c> and <c>StandardError</c> (<see cref="double"/>, shares 0..1; the error NaN with one item), <c>IsMain</c>
    /// (<see cref="int"/>, 1 for a task's main metric, else 0), <c>Items</c>, <c>AvailableItems</c>, <c>FewShot</c>, <c>TruncatedPrompts</c> and
    /// <c>TruncatedChoices</c> (<see cref="int"/>).
    /// </returns>
    public static IDataView ToDataView(this EvaluationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        (BenchmarkResult Task, BenchmarkScore Score)[] rows = [.. result.Tasks.SelectMany(task => task.Scores.Select(score => (task, score)))];
        return new TableDataView(
        [
            TableDataColumn.OfTexts("Model", rows.Select(_ => result.Model)),
            TableDataColumn.OfTexts("Task", rows.Select(row => row.Task.Task)),
            TableDataColumn.OfTexts("Title", rows.Select(row => row.Task.Title)),
            TableDataColumn.OfTexts("Metric", rows.Select(row => $"{row.Score.Metric}")),
            TableDataColumn.OfNumbers("Score", rows.Select(row => row.Score.Value)),
            TableDataColumn.OfNumbers("StandardError", rows.Select(row => row.Score.StandardError)),
            TableDataColumn.OfIntegers("IsMain", rows.Select(row => row.Score == row.Task.Main ? 1 : 0)),
            TableDataColumn.OfIntegers("Items", rows.Select(row => row.Task.Items)),
            TableDataColumn.OfIntegers("AvailableItems", rows.Select(row => row.Task.AvailableItems)),
            TableDataColumn.OfIntegers("FewShot", rows.Select(row => row.Task.FewShot)),
            TableDataColumn.OfIntegers("TruncatedPrompts", rows.Select(row => row.Task.TruncatedPrompts)),
            TableDataColumn.OfIntegers("TruncatedChoices", rows.Select(row => row.Task.TruncatedChoices)),
        ]);
    }
}
