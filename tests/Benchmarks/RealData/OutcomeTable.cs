using System.Globalization;
using System.Text;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>Accuracies by set, and what is different from a yardstick, pair by pair of the same seed.</summary>
internal sealed class OutcomeTable(IReadOnlyList<Outcome> outcomes, string yardstick)
{
    private readonly string[] _sets = [.. outcomes.Select(one => one.Set).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The table as Markdown: accuracies, then differences with 95 % intervals of Student's t over seeds.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Section(text, "accuracy, %", one => 100 * one.Scores.Accuracy, "0.0");
        Section(text, "log-loss", one => one.Scores.LogLoss, "0.000");
        Section(text, "calibration error, %", one => 100 * one.Scores.CalibrationError, "0.0");
        if (outcomes.All(one => one.Cosines is not null))
        {
            Section(text, "mean cosine between tokens, last layer, before", one => one.Cosines!.Before[^1], "0.000");
            Section(text, "the same after", one => one.Cosines!.After[^1], "0.000");
        }

        if (_sets.Length > 1)
        {
            Words(text, [null]);
        }

        Words(text, _sets);
        return text.ToString();
    }

    private void Section(StringBuilder text, string title, Func<Outcome, double> figure, string format)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"| {title} | {string.Join(" | ", _sets)} | mean | minus {yardstick} | s |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(_sets.Select(_ => "---:|"))}---:|---:|---:|");
        var bar = BySeed(yardstick, null, figure);
        foreach (string contender in outcomes.Select(one => one.Contender).Distinct())
        {
            var means = _sets.Select(set => outcomes.Where(one => one.Contender == contender && one.Set == set).Select(figure).ToArray()).ToArray();
            string cells = string.Join(" | ", _sets.Zip(means, (set, values) => values.Length == 0 ? "" : $"{values.Average().ToString(format, CultureInfo.InvariantCulture)}{Difference(contender, set, figure, format)}"));
            var own = BySeed(contender, null, figure);
            string mean = own.Count == 0 ? "" : own.Values.Average().ToString(format, CultureInfo.InvariantCulture);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {contender} | {cells} | {mean} | {Interval(own, bar, format)} | {outcomes.Where(one => one.Contender == contender).Average(one => one.Seconds):0.0} |");
        }

        text.AppendLine();
    }

    /// <summary>What may be said of each difference of each set, or of their mean, all of a table together wrong by chance in 5 %. Positive is better; intervals are Student's t over seeds.</summary>
    private void Words(StringBuilder text, string?[] sets)
    {
        (string Name, Func<Outcome, double> Figure, bool LargerIsBetter, Func<double, double> Least)[] figures =
        [
            ("accuracy", one => one.Scores.Accuracy, true, _ => LeastEffect.Accuracy),
            ("log-loss", one => one.Scores.LogLoss, false, LeastEffect.OfLoss),
            ("calibration error", one => one.Scores.CalibrationError, false, _ => LeastEffect.Accuracy),
        ];
        var differences = (from set in sets
                           from contender in outcomes.Select(one => one.Contender).Distinct().Where(one => one != yardstick)
                           from figure in figures
                           let own = BySeed(contender, set, figure.Figure)
                           let bar = BySeed(yardstick, set, figure.Figure)
                           let seeds = own.Keys.Where(bar.ContainsKey).ToArray()
                           where seeds.Length > 1
                           select (set, contender, figure, bar, values: seeds.Select(seed => figure.LargerIsBetter ? own[seed] - bar[seed] : bar[seed] - own[seed]).ToArray())).ToArray();
        if (differences.Length == 0)
        {
            return;
        }

        double level = 1 - (0.05 / differences.Length);
        text.AppendLine(CultureInfo.InvariantCulture, $"| {(sets[0] is null ? "mean of the sets" : "set by set")}, {100 * level:0.0#} % intervals over seeds, against {yardstick} | {string.Join(" | ", figures.Select(figure => figure.Name))} |");
        text.AppendLine("|---|---|---|---|");
        foreach (var line in differences.GroupBy(one => (one.set, one.contender)))
        {
            IEnumerable<string> words = figures.Select(figure => line.Where(one => one.figure.Name == figure.Name).Select(one => Told.Word(one.values, level, figure.Least(one.bar.Values.Average()))).FirstOrDefault(""));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {(line.Key.set is { } set ? $"{set}, " : "")}{line.Key.contender} | {string.Join(" | ", words)} |");
        }

        text.AppendLine();
    }

    private string Difference(string contender, string set, Func<Outcome, double> figure, string format)
    {
        string difference = contender == yardstick ? "" : Interval(BySeed(contender, set, figure), BySeed(yardstick, set, figure), format);
        return difference.Length == 0 ? "" : $" ({difference})";
    }

    /// <summary>A figure of each seed: of one set, or the mean of all where the seed has them all.</summary>
    private Dictionary<int, double> BySeed(string contender, string? set, Func<Outcome, double> figure) => outcomes
        .Where(one => one.Contender == contender && (set is null || one.Set == set))
        .GroupBy(one => one.Seed)
        .Where(group => set is not null || group.Count() == _sets.Length)
        .ToDictionary(group => group.Key, group => group.Average(one => figure(one)));

    private static string Interval(Dictionary<int, double> own, Dictionary<int, double> bar, string format)
    {
        double[] differences = [.. own.Where(pair => bar.ContainsKey(pair.Key)).Select(pair => pair.Value - bar[pair.Key])];
        if (differences.Length < 2)
        {
            return differences.Length == 0 ? "" : Told.Signed(differences[0], format);
        }

        var interval = MeanInterval.T(differences);
        return string.Create(CultureInfo.InvariantCulture, $"{Told.Signed(interval.Estimate, format)} ± {(interval.Width / 2).ToString(format, CultureInfo.InvariantCulture)}");
    }
}
