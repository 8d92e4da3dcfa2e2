using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>A result's trials as tables.</summary>
internal static class TrialTable
{
    /// <summary>Text, best first.</summary>
    internal static string ToText(SearchResult result)
    {
        string[][] rows = [[.. Heads(result)], .. Ordered(result).Select(trial => Cells(result, trial))];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    /// <summary>The page's tables: verdict and best first.</summary>
    internal static IReadOnlyList<HtmlReportTable> ToHtml(SearchResult result) =>
    [
        new("In short", ["", "best with dispersion", "best without"], [.. Summary(result)]) { Note = result.Dispersion.ToString() },
        new("What matters", ["parameter", "share of the differences that it explains"], [.. result.Importance.Select(importance => (IReadOnlyList<string>)[importance.Parameter, Number(importance.Share, "0.00")])])
        {
            Note = "Each parameter by itself, from ranks, less what chance would give; a rough guide with few trials.",
        },
        new("All trials", [.. Heads(result)], [.. Ordered(result).Select(trial => (IReadOnlyList<string>)Cells(result, trial))]) { Note = "Best first; those that were pruned or failed last." },
    ];

    internal static IDataView ToDataView(SearchResult result)
    {
        IReadOnlyList<Trial> trials = result.Trials;
        return new TableDataView(
        [
            TableColumn.OfIntegers("Number", trials.Select(trial => trial.Number)),
            TableColumn.OfIntegers("Attempt", trials.Select(trial => trial.Attempt)),
            TableColumn.OfTexts("State", trials.Select(trial => $"{trial.State}")),
            TableColumn.OfTexts("Kind", trials.Select(trial => trial.Kind)),
            TableColumn.OfTexts("FailureReason", trials.Select(trial => trial.FailureReason ?? "")),
            TableColumn.OfNumbers("Seconds", trials.Select(trial => (trial.FinishedUtc - trial.StartedUtc)?.TotalSeconds ?? double.NaN)),
            .. result.Objectives.Select((objective, i) => TableColumn.OfNumbers(objective.Name, trials.Select(trial => trial.Values.Count > i ? trial.Values[i] : double.NaN))),
            .. result.Space.Parameters.Select(parameter => Column(parameter, trials)),
        ]);
    }

    private static TableColumn Column(SearchParameter parameter, IReadOnlyList<Trial> trials)
    {
        object?[] values = [.. trials.Select(trial => trial.Parameters is { } point && point.TryGetValue(parameter.Name, out object? value) ? value : null)];
        return parameter is ChoiceParameter choice && choice.Values.Any(value => value is string or bool)
            ? TableColumn.OfTexts(parameter.Name, values.Select(value => value is null ? "" : Word(value)))
            : TableColumn.OfNumbers(parameter.Name, values.Select(value => value is null ? double.NaN : Convert.ToDouble(value, CultureInfo.InvariantCulture)));
    }

    private static IEnumerable<IReadOnlyList<string>> Summary(SearchResult result)
    {
        DispersionVerdict verdict = result.Dispersion;
        (Trial? with, Trial? without) = (verdict.BestWith, verdict.BestWithout);
        yield return ["trial", Cell(with, trial => Number(trial.Number)), Cell(without, trial => Number(trial.Number))];
        for (int i = 0; i < result.Objectives.Count; i++)
        {
            int column = i;
            yield return [result.Objectives[i].Name, Cell(with, trial => Number(trial.Values[column])), Cell(without, trial => Number(trial.Values[column]))];
        }

        foreach (SearchParameter parameter in result.Space.Parameters)
        {
            yield return [parameter.Name, Cell(with, trial => Value(trial, parameter)), Cell(without, trial => Value(trial, parameter))];
        }
    }

    private static string Cell(Trial? trial, Func<Trial, string> text) => trial is null ? "none" : text(trial);

    private static IEnumerable<string> Heads(SearchResult result) =>
        ["trial", "kind", "state", .. result.Objectives.Select(objective => objective.Name), .. result.Space.Parameters.Select(parameter => parameter.Name), "seconds", "reason"];

    private static string[] Cells(SearchResult result, Trial trial) =>
    [
        Number(trial.Number) + (trial.Number == result.Best?.Number ? " best" : ""),
        trial.Kind,
        $"{trial.State}",
        .. result.Objectives.Select((_, i) => trial.Values.Count > i ? Number(trial.Values[i]) : ""),
        .. result.Space.Parameters.Select(parameter => Value(trial, parameter)),
        trial.FinishedUtc is { } end && trial.StartedUtc is { } begin ? Number((end - begin).TotalSeconds, "0.0") : "",
        trial.FailureReason ?? "",
    ];

    private static IEnumerable<Trial> Ordered(SearchResult result) => result.Trials
        .OrderBy(trial => trial.State switch { TrialState.Completed => 0, TrialState.Pruned => 1, TrialState.Failed => 2, _ => 3 })
        .ThenBy(trial => trial.Values.Count == 0 ? 0 : result.Objectives[0].Maximize ? -trial.Values[0] : trial.Values[0])
        .ThenBy(trial => trial.Number);

    private static string Value(Trial trial, SearchParameter parameter) => trial.Parameters is { } point && point.TryGetValue(parameter.Name, out object? value) ? Word(value) : "";

    private static string Word(object value) => value is double number ? Number(number, "G4") : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string Number(double value, string format = "0.####") => value.ToString(format, CultureInfo.InvariantCulture);
}
