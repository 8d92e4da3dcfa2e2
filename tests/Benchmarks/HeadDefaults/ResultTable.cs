using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>Means over seeds, a row for each setting and a column for each set.</summary>
internal sealed class ResultTable
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly IReadOnlyList<TableRow> _rows;
    private readonly string[] _sets;

    public ResultTable(IEnumerable<Outcome> outcomes)
    {
        Outcome[] all = [.. outcomes];
        _sets = [.. all.Select(outcome => outcome.Cell.Set).Distinct().Order(StringComparer.Ordinal)];
        _rows = [.. all.GroupBy(Setting).Select(group => new TableRow(
            group.Key,
            group.GroupBy(outcome => outcome.Cell.Set).ToDictionary(set => set.Key, set => MeanOfRuns.Of([.. set.Select(outcome => outcome.Accuracy)])),
            group.Average(outcome => outcome.LogLoss),
            group.Average(outcome => outcome.Seconds)))
            .OrderBy(row => row.Setting, StringComparer.Ordinal)];
    }

    public string ToJson() => JsonSerializer.Serialize(_rows, Indented);

    /// <summary>The table as Markdown. The mean over sets is given where a setting has them all.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine("| setting | " + string.Join(" | ", _sets) + " | mean | log-loss | s |");
        text.AppendLine("|---|" + string.Concat(_sets.Select(_ => "---:|")) + "---:|---:|---:|");
        foreach (TableRow row in _rows)
        {
            string cells = string.Join(" | ", _sets.Select(set => row.Accuracy.TryGetValue(set, out MeanOfRuns? figure) ? $"{figure.ToText()}{(figure.Runs > 1 ? $" ({figure.Runs})" : "")}" : ""));
            string mean = row.Accuracy.Count == _sets.Length ? row.Accuracy.Values.Average(figure => figure.Mean).ToString("0.000", CultureInfo.InvariantCulture) : "";
            text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"| {row.Setting} | {cells} | {mean} | {row.LogLoss:0.000} | {row.Seconds:0} |"));
        }

        return text.ToString();
    }

    /// <summary>What runs with the same numbers of training have in common.</summary>
    internal static string Title(Cell cell)
    {
        string others = (cell.Warmup is { } warmup ? string.Create(CultureInfo.InvariantCulture, $", warm-up {warmup}") : "")
            + (cell.HeldOut is { } held ? string.Create(CultureInfo.InvariantCulture, $", held out {held}") : "")
            + (cell.BatchSize != 16 ? $", batch {cell.BatchSize}" : "")
            + string.Create(CultureInfo.InvariantCulture, $"{(cell.Smoothing > 0 ? $", smoothing {cell.Smoothing}" : "")}{(cell.Coefficient != 0.1 ? $", dispersion {cell.Coefficient}" : "")}");
        return $"{cell.Model}, {new TrainingSize(cell.PerClass, cell.Rows)}, {cell.Part}, {cell.Pooling?.ToString() ?? "default"} pooling{others}";
    }

    private static string Setting(Outcome outcome)
    {
        string numbers = outcome.Cell is { Rate: null, Epochs: null, HeadRate: null } ? "defaults" : string.Create(CultureInfo.InvariantCulture, $"rate {outcome.Rate:0.##E+0}, {outcome.Epochs} epochs, head x {outcome.HeadRate}");
        return $"{Title(outcome.Cell)}, {numbers}";
    }
}

/// <summary>A setting with its accuracies by set.</summary>
internal sealed record TableRow(string Setting, IReadOnlyDictionary<string, MeanOfRuns> Accuracy, double LogLoss, double Seconds);
