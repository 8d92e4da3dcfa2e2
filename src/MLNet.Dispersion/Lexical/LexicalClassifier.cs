using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>A logistic regression over n-grams of texts. Thread-safe.</summary>
internal sealed class LexicalClassifier
{
    private readonly MLContext _ml;
    private readonly ITransformer _model;
    private readonly int _classCount;

    private LexicalClassifier(MLContext ml, ITransformer model, int classCount) => (_ml, _model, _classCount) = (ml, model, classCount);

    /// <summary>Learns from labelled texts: see <see cref="FitEach"/>.</summary>
    internal static LexicalClassifier Fit(IReadOnlyList<string?> texts, IReadOnlyList<int> labels, IReadOnlyList<float>? weights, int classCount, float strength) =>
        FitEach(texts, labels, weights, classCount, [strength]).Single();

    /// <summary>Learns from labelled texts, whose n-grams are counted once for all strengths.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="labels">Their classes, from 0.</param>
    /// <param name="weights">How much each counts; null where all count the same.</param>
    /// <param name="classCount">Classes (K), those that no text has included.</param>
    /// <param name="strengths">How strongly weights are held small, above 0: one classifier each, in their order.</param>
    internal static IEnumerable<LexicalClassifier> FitEach(IReadOnlyList<string?> texts, IReadOnlyList<int> labels, IReadOnlyList<float>? weights, int classCount, IReadOnlyList<float> strengths)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, texts.Count).Select(row => new LabelledRow { Text = texts[row] ?? string.Empty, Label = labels[row], Weight = weights?[row] ?? 1 }).ToArray());
        IDataView classes = ml.Data.LoadFromEnumerable(Enumerable.Range(0, classCount).Select(label => new ClassRow { Label = label }).ToArray());
        IDataView counted = ml.Transforms.Conversion.MapValueToKey(nameof(LabelledRow.Label), keyData: classes).Fit(rows).Transform(rows);
        ITransformer ngrams = ml.Transforms.Text.LexicalFeatures("Features", nameof(LabelledRow.Text)).Fit(counted);
        IDataView features = ml.Data.Cache(ngrams.Transform(counted));
        return strengths.Select(strength => new LexicalClassifier(
            ml,
            ngrams.Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(exampleWeightColumnName: nameof(LabelledRow.Weight), l2Regularization: strength, l1Regularization: 0, optimizationTolerance: 1e-5f).Fit(features)),
            classCount));
    }

    /// <summary>The probabilities of texts' classes, <c>[rows * K]</c>.</summary>
    internal float[] Score(IReadOnlyList<string?> texts)
    {
        var scores = new float[texts.Count * _classCount];
        int start = 0;
        foreach (VBuffer<float> row in LexicalFile.Transform(_ml, _model, texts).GetColumn<VBuffer<float>>("Score"))
        {
            row.CopyTo(scores.AsSpan(start, _classCount));
            start += _classCount;
        }

        return scores;
    }

    /// <summary>Writes it.</summary>
    internal void Write(Stream stream) => LexicalFile.Write(_ml, _model, stream);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="fileName">Its name.</param>
    /// <param name="classCount">Classes (K).</param>
    /// <exception cref="ModelFileException">The file is missing, or is no such model.</exception>
    internal static LexicalClassifier Read(FileSource source, string fileName, int classCount) => LexicalFile.Read(source, fileName, (ml, model) =>
    {
        var classifier = new LexicalClassifier(ml, model, classCount);
        classifier.Score([string.Empty]);
        return classifier;
    });

    private sealed class ClassRow
    {
        public int Label { get; set; }
    }

    private sealed class LabelledRow
    {
        public string Text { get; set; } = "";

        public int Label { get; set; }

        public float Weight { get; set; }
    }
}
