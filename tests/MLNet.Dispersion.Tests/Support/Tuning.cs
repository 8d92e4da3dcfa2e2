using Microsoft.ML;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Short trainings of a tiny model.</summary>
internal static class Tuning
{
    /// <summary>Options under which the tiny model learns the three classes of <see cref="Rows"/> in a second.</summary>
    internal static FineTuneOptions Options(int epochs = 6) => new()
    {
        Epochs = epochs,
        MicroBatchSize = 8,
        LearningRate = 3e-3,
        HeadLearningRateMultiplier = 3,
        WarmupRatio = 0.1,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Device = "cpu",
    };

    /// <summary>Two steps: for tests that ask only whether it runs.</summary>
    internal static FineTuneOptions Brief()
    {
        FineTuneOptions options = Options(epochs: 1);
        options.MaxSteps = 2;
        return options;
    }

    internal static IDataView Keyed(MLContext ml, IDataView data) => ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);

    internal static IDataView KeyedRows(MLContext ml, int count) => Keyed(ml, Rows.View(ml, count));

    /// <summary>The scores of a few texts.</summary>
    internal static float[] Scores(MLContext ml, ITransformer model, params string?[] texts)
    {
        IDataView data = ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text, Label = Rows.ClassNames[0] }));
        return [.. ml.Data.CreateEnumerable<ScoreOnly>(model.Transform(data), reuseRowObject: false).SelectMany(row => row.Score)];
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];
    }
}
