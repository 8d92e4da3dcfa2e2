using System.Globalization;
using System.Text;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>Settings as multiples of the defaults of the same rows, which differ from set to set: means over the sets and seeds, the most accurate first.</summary>
/// <param name="outcomes">Runs; those without a run of the defaults on the same rows are left out.</param>
internal sealed class GridTable(IReadOnlyList<Outcome> outcomes)
{
    /// <summary>Of the default's epochs.</summary>
    public static readonly double[] Lengths = [0.5, 1, 2];

    /// <summary>Of the default's rate.</summary>
    public static readonly double[] Rates = [1 / 3.0, 1, 3];

    /// <summary>What rounding a number of epochs may do to a multiple: half of 3 epochs are 2.</summary>
    private const double Rounding = 1.34;

    /// <summary>A table a size as Markdown; empty where no setting was tried beside the defaults.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        foreach (var alike in outcomes.GroupBy(one => one.Cell with { Set = "", Seed = 0, Epochs = null, Rate = null, HeadRate = null }))
        {
            Dictionary<Cell, Outcome> defaults = alike.Where(IsDefault).ToDictionary(one => one.Cell);
            Line[] lines = [.. Lines(defaults, alike)];
            if (lines.Length == 0)
            {
                continue;
            }

            double bar = defaults.Values.Average(one => one.Accuracy), loss = defaults.Values.Average(one => one.LogLoss), level = 1 - (0.05 / (2 * lines.Length));
            string[] sets = [.. defaults.Keys.Select(cell => cell.Set).Distinct().Order(StringComparer.Ordinal)];
            text.AppendLine(CultureInfo.InvariantCulture, $"{ResultTable.Title(alike.Key)}: {defaults.Count} runs of each setting ({string.Join(", ", sets)}; seeds {string.Join(", ", defaults.Keys.Select(cell => cell.Seed).Distinct().Order())})");
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"| epochs x | rate x | head x | accuracy, % | gain over the defaults, {100 * level:0.0#} % intervals over sets and seeds | log-loss | gain |");
            text.AppendLine("|---:|---:|---:|---:|---|---:|---|");
            text.AppendLine(CultureInfo.InvariantCulture, $"| 1 | 1 | default | {100 * bar:0.0} | | {loss:0.000} | |");
            foreach (Line line in lines.OrderByDescending(line => line.Accuracy))
            {
                string accuracy = Word(line.Pairs, one => one.Accuracy, level, LeastEffect.Accuracy), logLoss = Word(line.Pairs, one => -one.LogLoss, level, LeastEffect.OfLoss(loss));
                text.AppendLine(CultureInfo.InvariantCulture, $"| {line.Epochs:0.##} | {line.Rate:0.##} | {line.Head:0.#} | {100 * line.Accuracy:0.0} | {accuracy} | {line.LogLoss:0.000} | {logLoss} |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    /// <summary>Settings with a run beside each of the defaults. Where the default's head has the multiple that is asked for, its own run is that of the setting.</summary>
    private static IEnumerable<Line> Lines(Dictionary<Cell, Outcome> defaults, IEnumerable<Outcome> alike)
    {
        var relative = from one in alike
                       let bar = defaults.GetValueOrDefault(one.Cell with { Epochs = null, Rate = null, HeadRate = null })
                       where bar is not null
                       let epochs = Nearest(Lengths, one.Epochs / (double)bar.Epochs)
                       let rate = Nearest(Rates, one.Rate / bar.Rate)
                       where epochs is not null && rate is not null
                       select (Key: (Epochs: epochs.Value, Rate: rate.Value, Head: one.HeadRate), Bar: bar, Outcome: one);
        return from setting in relative.GroupBy(pair => pair.Key)
               let pairs = setting.DistinctBy(pair => pair.Bar.Cell).ToArray()
               where pairs.Length == defaults.Count && pairs.Any(pair => !IsDefault(pair.Outcome))
               select new Line(setting.Key.Epochs, setting.Key.Rate, setting.Key.Head, [.. pairs.Select(pair => (pair.Outcome, pair.Bar))]);
    }

    /// <summary>A figure, of which more is better, against the defaults': the word and its interval, of one pair the number alone.</summary>
    private static string Word((Outcome Outcome, Outcome Bar)[] pairs, Func<Outcome, double> figure, double level, double leastEffect)
    {
        double[] differences = [.. pairs.Select(pair => figure(pair.Outcome) - figure(pair.Bar))];
        return differences.Length < 2 ? Told.Signed(differences[0]) : Told.Word(differences, level, leastEffect);
    }

    private static bool IsDefault(Outcome one) => one.Cell is { Epochs: null, Rate: null, HeadRate: null };

    /// <summary>The multiple that was asked for; null where none of them was.</summary>
    private static double? Nearest(double[] factors, double ratio)
    {
        double nearest = factors.MinBy(factor => Math.Abs(Math.Log(factor / ratio)));
        return Math.Abs(Math.Log(nearest / ratio)) < Math.Log(Rounding) ? nearest : null;
    }

    private sealed record Line(double Epochs, double Rate, double Head, (Outcome Outcome, Outcome Bar)[] Pairs)
    {
        public double Accuracy => Pairs.Average(pair => pair.Outcome.Accuracy);

        public double LogLoss => Pairs.Average(pair => pair.Outcome.LogLoss);
    }
}
