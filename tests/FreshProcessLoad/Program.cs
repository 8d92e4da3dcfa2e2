using System.Globalization;
using Microsoft.ML;

// Loads the model zip named first and scores the lines of the file named second, as a program would that knows nothing but ML.NET:
// one line a text, from a prediction engine and from Transform, with the first words telling that our assembly was not there before.
var ml = new MLContext();
Console.WriteLine("loaded before: " + AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name!.StartsWith("MLNet.", StringComparison.Ordinal)));
ITransformer model = ml.Model.Load(args[0], out _);
TextRow[] rows = [.. File.ReadLines(args[1]).Select(line => new TextRow { Text = line })];
foreach (Prediction prediction in ml.Data.CreateEnumerable<Prediction>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false))
{
    Console.WriteLine(Describe(prediction));
}

using var engine = ml.Model.CreatePredictionEngine<TextRow, Prediction>(model);
foreach (TextRow row in rows)
{
    Console.WriteLine(Describe(engine.Predict(row)));
}

static string Describe(Prediction prediction) =>
    string.Join(' ', prediction.Score.Select(score => score.ToString("R", CultureInfo.InvariantCulture)).Prepend(prediction.PredictedLabel ?? ""));

internal sealed class TextRow
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}

internal sealed class Prediction
{
    public string? PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];
}
