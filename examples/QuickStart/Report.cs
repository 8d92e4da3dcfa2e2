using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>The tables that QuickStart prints.</summary>
internal static class Report
{
    /// <summary>What can be said of the difference, figure by figure.</summary>
    public static Table Comparison(ComparisonResult result)
    {
        var table = new Table().RoundedBorder().Title(Markup.Escape($"The dispersion loss, by {result.Deciding}")).Caption(Markup.Escape(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Seeds} pairs of trainings, {result.Plan.Rows} test tickets. The first line decides; the others stand beside it. Positive is better.")));
        table.AddColumn("").AddColumn(new TableColumn("plain").RightAligned()).AddColumn(new TableColumn("dispersion").RightAligned());
        table.AddColumn(new TableColumn("better by").RightAligned()).AddColumn("interval").AddColumn("word");
        foreach (ComparisonFigure figure in result.Figures)
        {
            Interval interval = figure.Verdict.Interval;
            table.AddRow(
                Markup.Escape(figure.Name),
                Text(figure.Plain, figure),
                Text(figure.WithDispersion, figure),
                Signed(interval.Estimate, figure),
                string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Level:0.#} %: {Signed(interval.Lower, figure)} to {Signed(interval.Upper, figure)}"),
                Markup.Escape(figure.Verdict.Text));
        }

        return table;
    }

    /// <summary>Typed predictions.</summary>
    public static Table Predictions(IEnumerable<(string Text, TicketPrediction Prediction)> rows)
    {
        var table = new Table().RoundedBorder().Title("Predictions of the model loaded from model.zip");
        table.AddColumn("ticket").AddColumn("team").AddColumn(new TableColumn("probability").RightAligned());
        foreach (var (text, prediction) in rows)
        {
            table.AddRow(Markup.Escape(text), Markup.Escape(prediction.PredictedLabel), prediction.Score.Max().ToString("0.000", CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static string Signed(double value, ComparisonFigure figure) => (value < 0 ? "-" : "+") + Text(Math.Abs(value), figure);

    private static string Text(double value, ComparisonFigure figure) => value.ToString(figure.Plain >= 5 ? "0" : "0.000", CultureInfo.InvariantCulture);
}
