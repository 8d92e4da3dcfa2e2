using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>The findings as tables on the console and as a web page.</summary>
internal sealed class Report(Findings findings, string setting)
{
    /// <summary>The page of everything.</summary>
    public const string MainPage = "report.html";

    private const string MidTrainingPage = "mid-training.html";

    /// <summary>The tables, the observations first.</summary>
    public IReadOnlyList<HtmlReportTable> Tables =>
    [
        new("What was published, and what was found here", ["observation", "published", "as a word", "here"], [.. findings.Observations().Select(Row)])
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"{setting} Positive is what was published; of what was to stay the same, less condensed. The intervals are Student's t over {findings.Replications.Count} full replications, each from random weights of its own: they speak of other trainings, on these very texts, and are so wide ({100 * Findings.Level:0.#} %) that all observations together are wrong by chance in 5 %."),
        },
        new("Random weights, before any training", ["shape, MLP width", "standard deviation", "embeddings' mean cosine", "last layer's mean cosine", "by two numbers", "trend (Spearman)"], [.. First.Initial.Select((one, i) => Row(one, [.. findings.Replications.Select(other => other.Initial[i])]))])
        {
            Note = "The first shape is the published one. The standard deviation of initial weights is 0.02 x sqrt(768 / features), since with 0.02 the branches of smaller shapes are too weak to leave the embeddings. By two numbers: what the recursion of docs/what-is-condensation.md says of the last layer.",
        },
        .. First.Widths.Count > 0 ? TablesOfTraining : [],
    ];

    private HtmlReportTable[] TablesOfTraining =>
    [
        new("Pre-trained models that differ in MLP width alone", ["MLP width", .. Heads], [.. First.Widths.Select((pair, i) => Row($"{pair.Width}", [.. findings.Replications.Select(one => one.Widths[i].Outcome)]))]),
        new(
            "Training the narrowest from its random weights in several ways",
            ["training", .. Heads],
            [Row("plain", [.. findings.Replications.Select(one => one.Start)]), .. First.FromRandomWeights.Select(pair => Row(pair.Arm.Name, [.. findings.Replications.Select(one => one.FromRandom(pair.Arm))]))]),
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

    private static string[] Heads => ["word perplexity", "trend (Spearman)", "trend (Kendall)", "last layer's mean cosine", "mean over layers", "accuracy"];

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

    /// <summary>Writes the pages: <see cref="MainPage"/> with all tables and the models that were trained from random weights, and where there was mid-training one of those models.</summary>
    /// <param name="folder">Where to.</param>
    public void Write(string folder)
    {
        Outcome[] first = [.. First.Widths.Select(pair => pair.Outcome), .. First.FromRandomWeights.Select(pair => pair.Outcome)];
        Write(Path.Combine(folder, MainPage), "The paper in miniature", Tables, first, first.Length > 0 ? [.. first.Select(outcome => outcome.Report)] : [.. First.Initial.Select(one => one.Report)]);
        if (First.Arms.Count > 0)
        {
            Outcome[] arms = [First.Start, .. First.Arms.Select(pair => pair.Outcome)];
            Write(Path.Combine(folder, MidTrainingPage), "The paper in miniature: mid-training", [TablesOfTraining[^1]], arms, [.. arms.Select(outcome => outcome.Report)]);
        }
    }

    private static void Write(string path, string title, IReadOnlyList<HtmlReportTable> tables, Outcome[] trained, CondensationReport[] reports) =>
        HtmlReport.Write(path, new HtmlReportContent(reports)
        {
            Title = title,
            Tables = tables,
            Trainings = [.. trained.Where(outcome => outcome.History.Count > 0).Select(outcome => (outcome.Name, outcome.History))],
        });

    private static string[] Row(Observation observation) =>
        [observation.Text, observation.Published, observation.PublishedWord, observation.Here.ToString(observation.Here.LeastEffect >= 1 ? "0.0" : "0.###")];

    private static string[] Row(InitialOutcome one, IReadOnlyList<InitialOutcome> replications) =>
    [
        FormattableString.Invariant($"{one.Shape.Name}, {one.Width}"),
        one.Shape.InitializerRange.ToString("0.####", CultureInfo.InvariantCulture),
        Spread.Of(replications.Select(other => other.FirstCosine)).Show("0.000"),
        Spread.Of(replications.Select(other => other.LastCosine)).Show("0.000"),
        Spread.Of(replications.Select(other => other.PredictedLastCosine)).Show("0.000"),
        Spread.Of(replications.Select(other => other.Trend)).Show("0.000"),
    ];

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
            Over(outcome => outcome.MeanCosine, "0.000"),
            Over(outcome => outcome.Accuracy, "0.000"),
        ];
    }
}
