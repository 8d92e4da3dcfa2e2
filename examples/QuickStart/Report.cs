using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>The tables and the picture that QuickStart makes.</summary>
internal static class Report
{
    /// <summary>Each way's figures, means over seeds.</summary>
    public static Table Arms(Trials trials)
    {
        Table table = New("60 training tickets, 6 teams", $"Means over ten seeds, {trials.TestRows} test tickets.", "", "accuracy", "log-loss", "calibration error", "mean cosine, last layer");
        foreach (string arm in trials.Arms)
        {
            var runs = trials.Runs(arm);
            table.AddRow(
                arm,
                Number(runs.Average(run => run.Right.Average())),
                Number(runs.Average(run => run.Losses.Average())),
                Number(runs.Average(run => run.CalibrationError)),
                runs[0].After.Length == 0 ? "" : Number(runs.Average(run => run.After[^1])));
        }

        return table;
    }

    /// <summary>What may be said of ways, each against its rival, or plain training against itself.</summary>
    /// <param name="trials">The trainings.</param>
    /// <param name="arms">The ways.</param>
    public static Table Differences(Trials trials, IReadOnlyList<string> arms)
    {
        // Accuracy with dispersion decides, at 95 %; what stands beside it is judged so strictly that all of it together is wrong by chance in 5 %.
        // Beside each way's four figures stands what plain training itself did to the cosines.
        double beside = 1 - (0.05 / (4 * arms.Count));
        Table table = New("Better?", "The last line of accuracy decides; the others stand beside it. Positive is better; of cosines of the last layer, less condensed.", "", "against", "figure", "better by", "interval", "word");
        Add(Trials.Plain, "before training", "mean cosine", Verdict.Of(MeanInterval.T([.. trials.Runs(Trials.Plain).Select(run => run.Before[^1] - run.After[^1])], beside), LeastEffect.Cosine));
        foreach (string arm in arms)
        {
            string against = Trials.Rival(arm);
            var (runs, plain) = (trials.Runs(arm), trials.Runs(against));
            var right = PairedDifferences.Of([.. runs.Select(run => run.Right)], [.. plain.Select(run => run.Right)], largerIsBetter: true);
            var losses = PairedDifferences.Of([.. runs.Select(run => run.Losses)], [.. plain.Select(run => run.Losses)], largerIsBetter: false);
            Add(arm, against, "accuracy", Verdict.Of(right, LeastEffect.Accuracy, level: arm == arms[^1] ? 0.95 : beside));
            Add(arm, against, "log-loss", Verdict.Of(losses, LeastEffect.OfLoss(plain.Average(run => run.Losses.Average())), level: beside));
            Add(arm, against, "calibration error", Verdict.Of(Less(run => run.CalibrationError), LeastEffect.Accuracy));
            Add(arm, against, "mean cosine", Verdict.Of(Less(run => run.After[^1]), LeastEffect.Cosine));

            Interval Less(Func<Trained, double> figure) => MeanInterval.T([.. plain.Zip(runs, (one, other) => figure(one) - figure(other))], beside);
        }

        return table;

        void Add(string arm, string against, string figure, Verdict verdict) => table.AddRow(
            arm,
            against,
            figure,
            Signed(verdict.Interval.Estimate),
            string.Create(CultureInfo.InvariantCulture, $"{100 * verdict.Interval.Level:0.#} %: {Signed(verdict.Interval.Lower)} to {Signed(verdict.Interval.Upper)}"),
            verdict.Text);
    }

    /// <summary>Mean cosine between tokens by hidden state, before training and behind it.</summary>
    public static CondensationPicture Cosines(Trials trials)
    {
        string[] tuned = [.. trials.Arms.Where(arm => trials.Runs(arm)[0].After.Length > 0)];
        double[] layers = [.. Enumerable.Range(0, trials.Runs(Trials.Plain)[0].After.Length).Select(layer => (double)layer)];
        double[] Mean(string arm, Func<Trained, double[]> cosines) => [.. layers.Select(layer => trials.Runs(arm).Average(run => cosines(run)[(int)layer]))];
        return CondensationPlots.Lines(new LineChart
        {
            Title = "Fine-tuning condenses",
            Description = "Mean cosine between the tokens of a text by hidden state: before fine-tuning, and after it in several ways.",
            XLabel = "hidden state (0: embeddings)",
            YLabel = "mean cosine between tokens",
            X = ChartAxis.Covering(0, layers[^1], whole: true),
            Y = ChartAxis.Covering(0, 1),
            Lines =
            [
                new() { Name = "before fine-tuning", Xs = layers, Ys = Mean(Trials.Plain, run => run.Before) },
                .. tuned.Select(arm => new ChartLine { Name = arm, Xs = layers, Ys = Mean(arm, run => run.After) }),
            ],
            Notes = ["Means over ten seeds and a sample of the training tickets."],
        });
    }

    /// <summary>Typed predictions.</summary>
    public static Table Predictions(IEnumerable<(string Text, TicketPrediction Prediction)> rows)
    {
        Table table = New("Predictions of the model loaded from model.zip", "", "ticket", "team", "probability");
        foreach (var (text, prediction) in rows)
        {
            table.AddRow(Markup.Escape(text), Markup.Escape(prediction.PredictedLabel), Number(prediction.Score.Max()));
        }

        return table;
    }

    private static Table New(string title, string caption, params string[] columns)
    {
        var table = new Table().RoundedBorder().Title(title).Caption(caption);
        table.AddColumns(columns);
        return table;
    }

    private static string Signed(double value) => (value < 0 ? "-" : "+") + Number(Math.Abs(value));

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
