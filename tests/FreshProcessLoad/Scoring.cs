using Microsoft.ML;

namespace FreshProcessLoad;

/// <summary>Runs a model over texts, as a program does that knows nothing but ML.NET.</summary>
internal static class Scoring
{
    /// <summary>One line a text from Transform, then one from a prediction engine.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The model; the caller's.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="kind">What the model does: "geometry", "language", "regression", "binary", "labels", "tokens" (the words of a column Sentence), "answers" (that column, from the text), "instructions", "embedding", "ranking"; any other word for classes.</param>
    internal static string[] Lines(MLContext ml, ITransformer model, IEnumerable<string> texts, string kind)
    {
        TextRow[] rows = [.. texts.Select(text => new TextRow { Text = text })];
        IEnumerable<object> results = kind switch
        {
            "geometry" => Run<Geometry>(ml, model, rows),
            "language" => Run<Language>(ml, model, rows),
            "regression" or "ranking" => Run<Number>(ml, model, rows),
            "binary" => Run<Answer>(ml, model, rows),
            "labels" => Run<Labels>(ml, model, rows),
            "tokens" => Run<Tags>(ml, model, rows),
            "answers" => Run<FoundAnswer>(ml, model, rows),
            "instructions" => Run<Reply>(ml, model, rows),
            "embedding" => Run<Vector>(ml, model, rows),
            _ => Run<Prediction>(ml, model, rows),
        };
        return [.. results.Select(result => result.ToString()!)];
    }

    private static List<T> Run<T>(MLContext ml, ITransformer model, TextRow[] rows)
        where T : class, new()
    {
        List<T> results = [.. ml.Data.CreateEnumerable<T>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];
        using var engine = ml.Model.CreatePredictionEngine<TextRow, T>(model, new PredictionEngineOptions { OwnsTransformer = false });
        results.AddRange(rows.Select(engine.Predict));
        return results;
    }
}
