using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>The findings as tables on the console and as a web page.</summary>
internal sealed class Report(Findings findings, string setting)
{
    private const int ShownTrainings = 12;

    /// <summary>The tables, the observations first.</summary>
    public IReadOnlyList<HtmlReportTable> Tables =>
    [
        new("What was published, and what was found here", ["observation", "published", "as a word", "here"], [.. findings.Observations().Select(Row)])
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"{setting} Positive is what was published; of what was to stay the same, less condensed. The intervals are Student's t over {findings.Replications.Count} full replications, each from random weights of its own: they speak of other trainings, on these very texts, and are so wide ({100 * Findings.Level:0.#} %) that all observations together are wrong by chance in 5 %."),
        },
        new("Pre-trained models that differ in MLP width alone", ["MLP width", .. Heads], [.. First.Widths.Select((pair, i) => Row($"{pair.Width}", [.. findings.Replications.Select(one => one.Widths[i].Outcome)]))]),
        new(
            "Mid-training the narrowest of them in several ways",
            ["training", .. Heads],
            [Row("none", [.. findings.Replications.Select(one => one.Start)]), .. First.Arms.Select(pair => Row(pair.Arm.Name, [.. findings.Replications.Select(one => one.Of(pair.Arm))]))])
        {
            Note = "Mean and standard deviation over replications, which differ in the weights that they begin with, the order of the blocks and every random draw.",
        },
    ];

    /// <summary>The replication whose models are drawn.</summary>
    private Replication First => findings.Replications[0];

    private static string[] Heads => ["word perplexity", "trend (Spearman)", "trend (Kendall)", "last layer's mean cosine", "accuracy"];

    /// <summary>Prints the tables.</summary>
    public void Print()
    {
        foreach (HtmlReportTable table in Tables)
        {
            var shown = new Table { Title = new TableTitle(Markup.Escape(table.Title)), Border = TableBorder.Rounded };
            foreach (string head in table.Heads)
            {
                shown.AddColumn(Markup.Escape(head));
            }

            foreach (IReadOnlyList<string> row in table.Rows)
            {
                shown.AddRow([.. row.Select(Markup.Escape)]);
            }

            AnsiConsole.Write(shown);
        }
    }

    /// <summary>Writes the page.</summary>
    public void Write(string path) => HtmlReport.Write(path, new HtmlReportContent([.. First.Widths.Select(pair => pair.Outcome.Report), .. First.Arms.Select(pair => pair.Outcome.Report)])
    {
        Title = "The paper in miniature",
        Tables = Tables,
        Trainings = [.. First.Widths.Select(pair => pair.Outcome).Concat(First.Arms.Select(pair => pair.Outcome))
            .Where(outcome => outcome.History.Count > 0)
            .Take(ShownTrainings)
            .Select(outcome => (outcome.Name, outcome.History))],
    });

    private static string[] Row(Observation observation) =>
        [observation.Text, observation.Published, observation.PublishedWord, observation.Here.ToString(observation.Here.LeastEffect >= 1 ? "0.0" : "0.###")];

    private static string[] Row(string name, IReadOnlyList<Outcome> outcomes)
    {
        string Over(Func<Outcome, double> figure, string format) => Spread.Of(outcomes.Select(figure)).Show(format);
        return
        [
            name,
            Over(outcome => outcome.WordPerplexity, "0.0"),
            Over(outcome => outcome.Trend, "0.00"),
            Over(outcome => outcome.Kendall, "0.00"),
            Over(outcome => outcome.LastCosine, "0.000"),
            Over(outcome => outcome.Accuracy, "0.000"),
        ];
    }
}
