using Microsoft.ML;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>Something that learns from rows and predicts labels.</summary>
internal sealed record Contender(string Name, Func<MLContext, int, IEstimator<ITransformer>> CreatePipeline)
{
    /// <summary>Bag of words and n-grams with a linear classifier: what an ML.NET user would have done before.</summary>
    public static Contender BagOfWords { get; } = new("FeaturizeText + SdcaMaximumEntropy", (ml, _) =>
        ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.Text.FeaturizeText("Features", "Text"))
            .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()));

    /// <summary>The tuned backbone; a coefficient of 0 is plain fine-tuning.</summary>
    public static Contender FineTuned(ModelSource backbone, double coefficient, int epochs) => new(
        coefficient == 0 ? $"{backbone.Name}, plain" : $"{backbone.Name}, dispersion {coefficient}",
        (ml, seed) => ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(ml, backbone: backbone, options: new FineTuneOptions { Epochs = epochs, Seed = seed, Dispersion = { Coefficient = coefficient } }));

    /// <summary>Test accuracy after training on the rows.</summary>
    public double Accuracy(LabelledText[] train, LabelledText[] test, int seed)
    {
        var ml = new MLContext(seed);
        ITransformer model = CreatePipeline(ml, seed).Fit(ml.Data.LoadFromEnumerable(train));
        using var weights = model as IDisposable;
        return ml.MulticlassClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(test))).MicroAccuracy;
    }

    /// <summary>The accuracy of always naming the most frequent training label.</summary>
    public static double MajorityAccuracy(LabelledText[] train, LabelledText[] test)
    {
        string majority = train.CountBy(row => row.Label).MaxBy(pair => pair.Value).Key;
        return (double)test.Count(row => row.Label == majority) / test.Length;
    }
}
