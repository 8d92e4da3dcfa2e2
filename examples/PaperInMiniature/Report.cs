using Spectre.Console;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>The findings as tables on the console and as a web page.</summary>
internal sealed class Report(Findings findings, string setting)
{
    private const int ShownTrainings = 12;

    /// <summary>The tables, the observations first.</summary>
    public IReadOnlyList<HtmlReportTable> Tables =>
    [
        new("What was published, and what was found here", ["observation", "published", "here", "held here"], [.. findings.Observations().Select(Row)])
        {
            Note = setting + " Held means: in the direction that was published and, for differences between ways of training, beyond two standard errors of the seeds' differences.",
        },
        new("Pre-trained models that differ in MLP width alone", ["MLP width", .. Heads], [.. findings.Widths.Select(pair => Row($"{pair.Width}", [pair.Outcome]))]),
        new(
            "Mid-training the narrowest of them in several ways",
            ["training", .. Heads],
            [Row("none", [findings.Start]), .. findings.Arms.Select(pair => Row(pair.Arm.Name, pair.Seeds))])
        {
            Note = "Mean and standard deviation over seeds, which change the order of the blocks and every random draw, not the weights to begin with.",
        },
    ];

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
    public void Write(string path) => HtmlReport.Write(path, new HtmlReportContent([.. findings.Widths.Select(pair => pair.Outcome.Report), .. findings.Arms.Select(pair => pair.Seeds[0].Report)])
    {
        Title = "The paper in miniature",
        Tables = Tables,
        Trainings = [.. findings.Widths.Select(pair => pair.Outcome).Concat(findings.Arms.Select(pair => pair.Seeds[0]))
            .Where(outcome => outcome.History.Count > 0)
            .Take(ShownTrainings)
            .Select(outcome => (outcome.Name, outcome.History))],
    });

    private static string[] Row((string Observation, string Published, string Here, bool Held) observation) =>
        [observation.Observation, observation.Published, observation.Here, observation.Held ? "yes" : "no"];

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
