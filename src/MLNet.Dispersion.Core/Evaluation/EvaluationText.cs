using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Writes an <see cref="EvaluationResult"/> for people, in invariant culture: shares in percent.</summary>
internal static class EvaluationText
{
    private const string None = "-";

    /// <summary>For the console.</summary>
    public static string ToConsole(EvaluationResult result) => $"{result.Model}\n\n{Table(result, text => text).ToConsole()}{Notes(result, text => text)}";

    /// <summary>For GitHub.</summary>
    public static string ToMarkdown(EvaluationResult result) =>
        $"**{TextTable.EscapeMarkdown(result.Model)}**\n\n{Table(result, TextTable.EscapeMarkdown).ToMarkdown()}{Notes(result, TextTable.EscapeMarkdown)}";

    private static TextTable Table(EvaluationResult result, Func<string, string> escape)
    {
        var table = new TextTable("Task", "Metric", "Score", "± s.e.", "Items", "Shots");
        foreach (BenchmarkResult task in result.Tasks)
        {
            foreach (BenchmarkScore score in task.Scores)
            {
                string items = task.Items == task.AvailableItems ? Whole(task.Items) : $"{Whole(task.Items)} of {Whole(task.AvailableItems)}";
                table.Add(escape(task.Title), escape(score.Metric.MachineName()), Figure(score.Metric, score.Value), Figure(score.Metric, score.StandardError), items, Whole(task.FewShot));
            }
        }

        if (!double.IsNaN(result.Mean))
        {
            table.Add("Mean of tasks", string.Empty, Figure(BenchmarkMetric.Accuracy, result.Mean), Figure(BenchmarkMetric.Accuracy, result.MeanStandardError), string.Empty, string.Empty);
        }

        return table;
    }

    private static string Notes(EvaluationResult result, Func<string, string> escape) => string.Concat(result.Tasks
        .Where(task => task.TruncatedPrompts > 0)
        .Select(task => $"\n{escape(task.Title)}: {Whole(task.TruncatedPrompts)} prompts were longer than the model's context and lost tokens on the left"
            + (task.TruncatedChoices > 0 ? $", {Whole(task.TruncatedChoices)} of them tokens of the choice itself.\n" : ".\n")));

    private static string Figure(BenchmarkMetric metric, double value) => double.IsNaN(value) ? None
        : metric.IsShare() ? (100 * value).ToString("F2", CultureInfo.InvariantCulture) + " %"
        : value.ToString(Math.Abs(value) < 1e6 ? "F3" : "0.000E+0", CultureInfo.InvariantCulture);

    private static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
