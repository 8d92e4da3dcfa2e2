using Microsoft.ML;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>One row through a prediction engine.</summary>
/// <param name="Model">The model.</param>
/// <param name="Precision">Of scoring.</param>
/// <param name="Tokens">Of the row.</param>
/// <param name="ForwardMilliseconds">The bare forward pass, median.</param>
/// <param name="PredictMilliseconds">PredictionEngine.Predict, from text to prediction, median.</param>
/// <param name="TimesForward">Predict over the bare forward pass: median of the rounds.</param>
/// <param name="TimesTokeniseAndForward">Predict over the tokenizer and the bare forward pass: median of the rounds.</param>
/// <param name="ProductsMilliseconds">The products of the pass alone, one after the other in float32 by torch, median.</param>
/// <param name="TimesProducts">Predict over those: median of the rounds.</param>
internal sealed record RowMeasurement(string Model, Precision Precision, int Tokens, double ForwardMilliseconds, double PredictMilliseconds, double TimesForward, double TimesTokeniseAndForward, double ProductsMilliseconds, double TimesProducts)
{
    /// <summary>What this line speaks of.</summary>
    public string Kind { get; } = "row";

    /// <summary>Measures.</summary>
    public static RowMeasurement Of(Subject subject, int words, int rounds)
    {
        string text = Texts.OfWords(words, new Random(words));
        TextTokenizer tokenizer = subject.Classifier.LanguageModel.Tokenizer;
        using BareForward forward = BareForward.Sorted(subject, [text]);
        using var engine = subject.Ml.Model.CreatePredictionEngine<Row, Prediction>(subject.Chain, new PredictionEngineOptions { OwnsTransformer = false });
        using var products = new BareProducts(subject, (int)forward.Tokens);
        var row = new Row { Text = text };
        double[][] seconds = Stopclock.Interleaved(
            rounds,
            forward.Run,
            () => engine.Predict(row),
            () =>
            {
                tokenizer.Encode(text);
                forward.Run();
            },
            products.Run);
        return new RowMeasurement(
            subject.Name,
            subject.Classifier.ScoringPrecision,
            (int)forward.Tokens,
            Math.Round(Stopclock.Median(seconds[0]) * 1000, 3),
            Math.Round(Stopclock.Median(seconds[1]) * 1000, 3),
            Math.Round(Stopclock.MedianRatio(seconds[1], seconds[0]), 3),
            Math.Round(Stopclock.MedianRatio(seconds[1], seconds[2]), 3),
            Math.Round(Stopclock.Median(seconds[3]) * 1000, 3),
            Math.Round(Stopclock.MedianRatio(seconds[1], seconds[3]), 3));
    }
}
