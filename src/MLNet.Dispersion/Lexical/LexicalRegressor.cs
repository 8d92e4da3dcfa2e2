using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace MLNet.Dispersion;

/// <summary>A linear regression over n-grams of texts. Thread-safe.</summary>
internal sealed class LexicalRegressor
{
    private readonly MLContext _ml;
    private readonly ITransformer _model;

    private LexicalRegressor(MLContext ml, ITransformer model) => (_ml, _model) = (ml, model);

    /// <summary>Learns from numbered texts, whose n-grams are counted once for all strengths.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="labels">Their numbers, of mean 0.</param>
    /// <param name="weights">How much each counts; null where all count the same.</param>
    /// <param name="strengths">How strongly weights are held small, above 0: one regressor each, in their order.</param>
    internal static IEnumerable<LexicalRegressor> FitEach(IReadOnlyList<string> texts, IReadOnlyList<float> labels, IReadOnlyList<float>? weights, IReadOnlyList<float> strengths)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, texts.Count).Select(row => new NumberedRow { Text = texts[row], Label = labels[row], Weight = weights?[row] ?? 1 }).ToArray());
        ITransformer ngrams = ml.Transforms.Text.LexicalFeatures("Features", nameof(NumberedRow.Text)).Fit(rows);
        IDataView features = ml.Data.Cache(ngrams.Transform(rows));
        return strengths.Select(strength => new LexicalRegressor(ml, ngrams.Append(ml.Regression.Trainers.Sdca(Options(strength)).Fit(features))));
    }

    /// <summary>The numbers of texts, around 0.</summary>
    internal float[] Score(IReadOnlyList<string?> texts) => [.. LexicalFile.Transform(_ml, _model, texts).GetColumn<float>("Score")];

    /// <summary>Writes it.</summary>
    internal void Write(Stream stream) => LexicalFile.Write(_ml, _model, stream);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="ModelFileException">The file is missing, or is no such model.</exception>
    internal static LexicalRegressor Read(FileSource source, string fileName) => LexicalFile.Read(source, fileName, (ml, model) =>
    {
        var regressor = new LexicalRegressor(ml, model);
        regressor.Score([string.Empty]);
        return regressor;
    });

    // One thread: more of them give another model each time.
    private static SdcaRegressionTrainer.Options Options(float strength) => new()
    {
        LabelColumnName = nameof(NumberedRow.Label),
        ExampleWeightColumnName = nameof(NumberedRow.Weight),
        L2Regularization = strength,
        L1Regularization = 0,
        MaximumNumberOfIterations = 50,
        NumberOfThreads = 1,
    };

    private sealed class NumberedRow
    {
        public string Text { get; set; } = "";

        public float Label { get; set; }

        public float Weight { get; set; }
    }
}
