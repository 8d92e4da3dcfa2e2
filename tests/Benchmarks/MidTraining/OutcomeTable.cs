using System.Globalization;
using System.Text;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks.MidTraining;

/// <summary>Figures by arm, and what is different from one of them, pair by pair of the same seed.</summary>
/// <param name="outcomes">The runs.</param>
/// <param name="yardstick">The arm that differences are from.</param>
/// <param name="figures">Of which figures differences are told; none for all.</param>
internal sealed class OutcomeTable(IReadOnlyList<Outcome> outcomes, string yardstick, IReadOnlyList<string> figures)
{
    private readonly string[] _figures = [.. outcomes.SelectMany(one => one.Figures.Keys).Distinct()];
    private readonly string[] _told = [.. outcomes.SelectMany(one => one.Figures.Keys).Distinct().Where(one => figures.Count == 0 || figures.Contains(one))];
    private readonly string[] _arms = [.. outcomes.Select(one => one.Arm).Distinct()];

    /// <summary>The tables as Markdown: means with the standard deviation of one run; differences in words, all of them together wrong by chance in 5 %; items of benchmarks pair by pair, each of these words by itself.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"| arm | seeds | {string.Join(" | ", _figures)} | s |");
        text.AppendLine($"|---|---:|{string.Concat(_figures.Select(_ => "---:|"))}---:|");
        foreach (string arm in _arms)
        {
            Outcome[] own = [.. outcomes.Where(one => one.Arm == arm)];
            text.AppendLine(CultureInfo.InvariantCulture, $"| {arm} | {own.Length} | {string.Join(" | ", _figures.Select(figure => MeanOfRuns.Of([.. own.Select(one => one.Figures[figure])]).ToText(Format(figure))))} | {own.Average(one => one.Seconds):0} |");
        }

        Differences(text);
        Items(text);
        return text.ToString();
    }

    private void Differences(StringBuilder text)
    {
        (string Arm, string Figure, double[] Values, double Plain)[] differences =
        [
            .. from arm in _arms.Where(one => one != yardstick)
               from figure in _told
               let pairs = (from own in outcomes.Where(one => one.Arm == arm)
                            join bar in outcomes.Where(one => one.Arm == yardstick) on own.Seed equals bar.Seed
                            select (Own: own.Figures[figure], Bar: bar.Figures[figure])).ToArray()
               where pairs.Length > 1
               select (arm, figure, pairs.Select(pair => pair.Bar - pair.Own).ToArray(), pairs.Average(pair => pair.Bar)),
        ];
        if (differences.Length == 0)
        {
            return;
        }

        double level = 1 - (0.05 / differences.Length);
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| lower than {yardstick} by, {100 * level:0.0#} % intervals over seeds | {string.Join(" | ", _told)} |");
        text.AppendLine($"|---|{string.Concat(_told.Select(_ => "---|"))}");
        foreach (var arm in differences.GroupBy(one => one.Arm))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {arm.Key} | {string.Join(" | ", arm.Select(one => Told.Word(one.Values, level, LeastEffectOf(one.Figure, one.Plain), Format(one.Figure))))} |");
        }
    }

    /// <summary>Right answers beside those of the yardstick on the same items; the interval is over items, so it speaks of other items and of these trainings.</summary>
    private void Items(StringBuilder text)
    {
        if (outcomes.All(one => one.Items.Count == 0))
        {
            return;
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| arm, seed | items | right, % | against {yardstick}, 95 % interval over items | gained, lost, exact p |");
        text.AppendLine("|---|---:|---:|---|---|");
        foreach (Outcome own in outcomes.Where(one => one.Items.Count > 0))
        {
            Outcome? bar = outcomes.FirstOrDefault(one => one.Arm == yardstick && one.Seed == own.Seed && one.Items.Count > 0);
            string[] common = bar is null || bar == own ? [] : [.. own.Items.Keys.Where(bar.Items.ContainsKey)];
            string difference = common.Length < 2 ? "" : Told.Word([.. common.Select(item => (own.Items[item] ? 1.0 : 0) - (bar!.Items[item] ? 1 : 0))], 0.95, LeastEffect.Accuracy);
            McNemarTest? test = common.Length < 2 ? null : McNemarTest.Of([.. common.Select(item => own.Items[item])], [.. common.Select(item => bar!.Items[item])]);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {own.Arm}, {own.Seed} | {own.Items.Count} | {100 * own.Items.Values.Average(right => right ? 1.0 : 0):0.0} | {difference} | {(test is null ? "" : $"{test.Gained}, {test.Lost}, {test.ExactP:0.00}")} |");
        }
    }

    private static bool IsPerplexity(string figure) => figure.StartsWith("perplexity", StringComparison.Ordinal);

    private static string Format(string figure) => IsPerplexity(figure) ? "0.00" : "0.000";

    private static double LeastEffectOf(string figure, double plain) => IsPerplexity(figure) ? LeastEffect.OfLoss(plain) : figure == Measuring.Trend ? 0.1 : LeastEffect.Cosine;
}
