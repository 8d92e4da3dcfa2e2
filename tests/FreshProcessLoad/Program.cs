using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

// Loads the model zip named first and runs it on the lines of the file named second, as a program would that knows nothing but ML.NET:
// one line a text, from Transform and then from a prediction engine, with the first words telling that our assembly was not there before.
// A third argument says that the model does not classify: "geometry", that it measures geometry, "language", that it is a language model, "regression", that it gives numbers, "binary", that it answers yes or no, "tokens", that it tags the words of a column Sentence, "answers", that it answers that column from the text, "instructions", that it answers prompts, "embedding", that it gives vectors, "ranking", that it orders documents.
var ml = new MLContext();
Console.WriteLine("loaded before: " + AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name!.StartsWith("MLNet.", StringComparison.Ordinal)));
ITransformer model = ml.Model.Load(args[0], out _);
TextRow[] rows = [.. File.ReadLines(args[1]).Select(line => new TextRow { Text = line })];
IEnumerable<object> results = args switch
{
    [_, _, "geometry"] => Run<Geometry>(ml, model, rows),
    [_, _, "language"] => Run<Language>(ml, model, rows),
    [_, _, "regression"] => Run<Number>(ml, model, rows),
    [_, _, "binary"] => Run<Answer>(ml, model, rows),
    [_, _, "tokens"] => Run<Tags>(ml, model, rows),
    [_, _, "answers"] => Run<FoundAnswer>(ml, model, rows),
    [_, _, "instructions"] => Run<Reply>(ml, model, rows),
    [_, _, "embedding"] => Run<Vector>(ml, model, rows),
    [_, _, "ranking"] => Run<Number>(ml, model, rows),
    _ => Run<Prediction>(ml, model, rows),
};
foreach (object result in results)
{
    Console.WriteLine(result);
}

static List<T> Run<T>(MLContext ml, ITransformer model, TextRow[] rows)
    where T : class, new()
{
    List<T> results = [.. ml.Data.CreateEnumerable<T>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];
    using var engine = ml.Model.CreatePredictionEngine<TextRow, T>(model);
    results.AddRange(rows.Select(engine.Predict));
    return results;
}

internal sealed class TextRow
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";

    public string Sentence => Text;

    public string Document { get; set; } = "a refund";
}

internal sealed class Prediction
{
    public string? PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];

    public override string ToString() => string.Join(' ', Score.Select(score => score.ToString("R", CultureInfo.InvariantCulture)).Prepend(PredictedLabel ?? ""));
}

internal sealed class Number
{
    public float Score { get; set; }

    public override string ToString() => Score.ToString("R", CultureInfo.InvariantCulture);
}

internal sealed class Answer
{
    public bool PredictedLabel { get; set; }

    public float Score { get; set; }

    public float Probability { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PredictedLabel} {Score:R} {Probability:R}");
}

internal sealed class Tags
{
    public string[] PredictedLabel { get; set; } = [];

    public override string ToString() => string.Join(' ', PredictedLabel);
}

internal sealed class FoundAnswer
{
    public string[] Answer { get; set; } = [];

    public override string ToString() => Answer[0];
}

internal sealed class Reply
{
    public string Answer { get; set; } = "";

    public int TokenCount { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TokenCount} {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Answer))}");
}

internal sealed class Vector
{
    public float[] Embedding { get; set; } = [];

    public override string ToString() => string.Join(' ', Embedding.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}

internal sealed class Language
{
    public float[] Features { get; set; } = [];

    public int TokenCount { get; set; }

    public float LogLikelihood { get; set; }

    public float Perplexity { get; set; }

    public string Written { get; set; } = "";

    public override string ToString() => string.Join(' ', Features.Append(TokenCount).Append(LogLikelihood).Append(Perplexity)
        .Select(value => value.ToString("R", CultureInfo.InvariantCulture)).Append(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Written))));
}

internal sealed class Geometry
{
    [ColumnName("Geometry.MeanCosine")]
    public float[] MeanCosine { get; set; } = [];

    [ColumnName("Geometry.EffectiveRank")]
    public float[] EffectiveRank { get; set; } = [];

    [ColumnName("Geometry.TrendSpearman")]
    public float TrendSpearman { get; set; }

    [ColumnName("Geometry.TrendKendall")]
    public float TrendKendall { get; set; }

    [ColumnName("Geometry.TokenCount")]
    public int TokenCount { get; set; }

    public override string ToString() => string.Join(' ', MeanCosine.Concat(EffectiveRank).Append(TrendSpearman).Append(TrendKendall).Append(TokenCount)
        .Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
