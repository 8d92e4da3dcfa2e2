using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>The cells of a result's table, and the table as text.</summary>
internal static class TrialTable
{
    /// <summary>Text, best first.</summary>
    internal static string ToText(SearchResult result)
    {
        var table = new TextTable([.. Heads(result)]) { AllLeanLeft = true };
        foreach (Trial trial in Ordered(result))
        {
            table.Add(Cells(result, trial));
        }

        return table.ToConsole().TrimEnd('\n');
    }

    internal static IEnumerable<string> Heads(SearchResult result) =>
        ["trial", "kind", "state", .. result.Objectives.Select(objective => objective.Name), .. result.Space.Parameters.Select(parameter => parameter.Name), "seconds", "reason"];

    internal static string[] Cells(SearchResult result, Trial trial) =>
    [
        Number(trial.Number) + (trial.Number == result.Best?.Number ? " best" : ""),
        trial.Kind,
        $"{trial.State}",
        .. result.Objectives.Select((_, i) => trial.Values.Count > i ? Number(trial.Values[i]) : ""),
        .. result.Space.Parameters.Select(parameter => Value(trial, parameter)),
        trial.FinishedUtc is { } end && trial.StartedUtc is { } begin ? Number((end - begin).TotalSeconds, "0.0") : "",
        trial.FailureReason ?? "",
    ];

    internal static IEnumerable<Trial> Ordered(SearchResult result) => result.Trials
        .OrderBy(trial => trial.State switch { TrialState.Completed => 0, TrialState.Pruned => 1, TrialState.Failed => 2, _ => 3 })
        .ThenBy(trial => trial.Values.Count == 0 ? 0 : result.Objectives[0].Maximize ? -trial.Values[0] : trial.Values[0])
        .ThenBy(trial => trial.Number);

    internal static string Value(Trial trial, SearchParameter parameter) => trial.Parameters is { } point && point.TryGetValue(parameter.Name, out object? value) ? Word(value) : "";

    internal static string Word(object value) => value is double number ? Number(number, "G4") : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    internal static string Number(double value, string format = "0.####") => value.ToString(format, CultureInfo.InvariantCulture);
}
