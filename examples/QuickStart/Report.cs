using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>The tables that QuickStart prints.</summary>
internal static class Report
{
    /// <summary>Both runs side by side, with the untouched backbone before them.</summary>
    public static Table Comparison(Outcome plain, Outcome dispersed)
    {
        var table = new Table().RoundedBorder().Title("Plain fine-tuning against fine-tuning with dispersion");
        table.AddColumn("").AddColumn(new TableColumn("backbone").RightAligned());
        table.AddColumn(new TableColumn("plain").RightAligned()).AddColumn(new Spectre.Console.TableColumn("dispersion").RightAligned());
        Add(table, "micro accuracy", null, plain.Metrics.MicroAccuracy, dispersed.Metrics.MicroAccuracy);
        Add(table, "macro accuracy", null, plain.Metrics.MacroAccuracy, dispersed.Metrics.MacroAccuracy);
        Add(table, "log-loss", null, plain.Metrics.LogLoss, dispersed.Metrics.LogLoss);
        table.AddEmptyRow();
        CondensationProfile backbone = plain.Geometry[0].Profile, afterPlain = plain.Geometry[^1].Profile, afterDispersed = dispersed.Geometry[^1].Profile;
        for (int layer = 0; layer < backbone.Layers.Count; layer++)
        {
            string name = layer == 0 ? "mean cosine, embeddings" : $"mean cosine, layer {layer}";
            Add(table, name, backbone.Layers[layer].MeanCosine, afterPlain.Layers[layer].MeanCosine, afterDispersed.Layers[layer].MeanCosine);
        }

        Add(table, "condensation trend (Spearman)", backbone.Trend.Spearman, afterPlain.Trend.Spearman, afterDispersed.Trend.Spearman);
        return table;
    }

    /// <summary>Typed predictions.</summary>
    public static Table Predictions(IEnumerable<(string Text, TicketPrediction Prediction)> rows)
    {
        var table = new Table().RoundedBorder().Title("Predictions of the model loaded from model.zip");
        table.AddColumn("ticket").AddColumn("team").AddColumn(new TableColumn("probability").RightAligned());
        foreach (var (text, prediction) in rows)
        {
            table.AddRow(Markup.Escape(text), Markup.Escape(prediction.PredictedLabel), Text(prediction.Score.Max()));
        }

        return table;
    }

    private static void Add(Table table, string name, double? backbone, double plain, double dispersed) =>
        table.AddRow(name, backbone is { } value ? Text(value) : "", Text(plain), Text(dispersed));

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
