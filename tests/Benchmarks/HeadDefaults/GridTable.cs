using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>Settings as multiples of the defaults of the same rows, which differ from set to set: means over the sets and seeds, the defaults first, then the most accurate.</summary>
internal sealed class GridTable
{
    /// <summary>What is asked of epochs; of the rate it is <see cref="Rates"/>.</summary>
    public static readonly double[] Lengths = [0.5, 1, 2];

    public static readonly double[] Rates = [1 / 3.0, 1, 3];

    private readonly IReadOnlyList<Outcome> _outcomes;

    /// <param name="outcomes">Runs; those without a run of the defaults on the same rows are left out.</param>
    public GridTable(IReadOnlyList<Outcome> outcomes) => _outcomes = outcomes;

    /// <summary>A table a size as Markdown; empty where no setting was tried beside the defaults.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        foreach (var size in _outcomes.GroupBy(one => (one.Cell.Model, Size: new TrainingSize(one.Cell.PerClass, one.Cell.Rows).ToString(), one.Cell.Part)))
        {
            Outcome[] defaults = [.. size.Where(IsDefault)];
            Line[] lines = [.. Lines(defaults, [.. size])];
            if (lines.All(line => line is { Epochs: 1, Rate: 1 }))
            {
                continue;
            }

            double bar = defaults.Average(one => one.Accuracy);
            text.AppendLine(CultureInfo.InvariantCulture, $"{size.Key.Model}, {size.Key.Size}, {size.Key.Part}: {defaults.Length} runs of each setting ({string.Join(", ", size.Select(one => one.Cell.Set).Distinct().Order(StringComparer.Ordinal))})");
            text.AppendLine();
            text.AppendLine("| epochs x | rate x | head x | accuracy, % | against the defaults, points | log-loss |");
            text.AppendLine("|---:|---:|---:|---:|---:|---:|");
            text.AppendLine(CultureInfo.InvariantCulture, $"| 1 | 1 | default | {100 * bar:0.0} | | {defaults.Average(one => one.LogLoss):0.000} |");
            foreach (Line line in lines.OrderByDescending(line => line.Accuracy))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| {line.Epochs:0.##} | {line.Rate:0.##} | {line.Head:0} | {100 * line.Accuracy:0.0} | {Told.Signed(100 * (line.Accuracy - bar), "0.0")} | {line.LogLoss:0.000} |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static IEnumerable<Line> Lines(Outcome[] defaults, Outcome[] outcomes)
    {
        var relative = from bar in defaults
                       from one in outcomes
                       where one.Cell with { Epochs = null, Rate = null, HeadRate = null } == bar.Cell
                       select (Key: (Epochs: Nearest(Lengths, one.Epochs / (double)bar.Epochs), Rate: Nearest(Rates, one.Rate / bar.Rate), Head: one.HeadRate), Outcome: one);
        return from setting in relative.GroupBy(pair => pair.Key)
               let own = setting.Select(pair => pair.Outcome).ToArray()
               where own.Length == defaults.Length
               select new Line(setting.Key.Epochs, setting.Key.Rate, setting.Key.Head, own.Average(one => one.Accuracy), own.Average(one => one.LogLoss));
    }

    private static bool IsDefault(Outcome one) => one.Cell is { Epochs: null, Rate: null, HeadRate: null };

    /// <summary>The multiple that was asked for: whole numbers of epochs are rounded.</summary>
    private static double Nearest(double[] factors, double ratio) => factors.MinBy(factor => Math.Abs(Math.Log(factor / ratio)));

    private sealed record Line(double Epochs, double Rate, double Head, double Accuracy, double LogLoss);
}
