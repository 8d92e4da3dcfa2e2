using MLNet.Dispersion.Tests.Training;

namespace MLNet.Dispersion.Tests.Tokens;

/// <summary>Classes of texts that are longer than the model reads.</summary>
public sealed class TextWindowClassifierTests
{
    [Fact]
    public void Score_LongTexts_AreTheMeansOfTheirWindowsAlsoAfterLoading()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        string[] longTexts = [.. texts.Select((text, row) => row % 2 == 0 ? text : string.Join(' ', Enumerable.Repeat(text, 30)))];
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0.25;
        options.MaxSteps = 6;

        using TextClassifier classifier = TextClassifier.Train(TinyBert.Backbone, longTexts, labels, 3, options, windowOverlap: 10);

        Assert.Equal((10, 0), (classifier.WindowOverlap, classifier.TruncatedTrainingRows));
        Assert.All(classifier.TrainingResult!.HeldOutRows, row => Assert.InRange(row, 0, texts.Length - 1));
        TextScores scores = classifier.Score(longTexts);
        Assert.Equal((longTexts.Length * 3, 0), (scores.Values.Length, scores.TruncatedTexts));

        // Row 3 is of words that are a token each: what a window shows is a text of the same tokens.
        EncodedTexts windows = new TextEncoder(classifier.LanguageModel, null).EncodeWindows([longTexts[3]], 10);
        Assert.True(windows.Sequences.Count > 2);
        Assert.All(windows.Sequences, window => Assert.InRange(window.Length, 1, classifier.MaxSequenceLength));
        float[][] each = [.. windows.Sequences.Select(window => classifier.Score([classifier.LanguageModel.Tokenizer.Decode(window)]).Values)];
        Assert.All(Enumerable.Range(0, 3), label => Assert.Equal(each.Average(values => values[label]), scores.Values[9 + label], 1e-4));
        Assert.Equal(classifier.Score([texts[0]]).Values, scores.Values[..3].Select(value => value), new Close());
        TextTokenClassifierTests.InFolder(folder =>
        {
            classifier.Save(new DirectorySink(folder));
            using TextClassifier loaded = TextClassifier.Load(new DirectorySource(folder), "cpu");
            Assert.Equal(10, loaded.WindowOverlap);
            Assert.Equal(scores.Values, loaded.Score(longTexts).Values);
        });
    }

    [Fact]
    public void Train_WindowsOfPairsOrBelowZero_AreRefused()
    {
        Assert.Contains("Pairs", Error(4, ["a", "b"]), StringComparison.Ordinal);
        Assert.Contains("-1", Error(-1, null), StringComparison.Ordinal);

        static string Error(int overlap, string[]? second) =>
            Assert.ThrowsAny<ArgumentException>(() => TextClassifier.Train(TinyBackbone.Backbone, ["a", "b"], [0, 1], 2, TextClassifierTests.Options(), second, windowOverlap: overlap)).Message;
    }

    [Fact]
    public void SharedWeights_WindowsOfAText_ShareItsWeight()
    {
        var encoded = new EncodedTexts([[1], [2], [3]], null, 0) { Examples = [0, 0, 1] };

        Assert.Equal([1.5f, 1.5f, 2f], encoded.SharedWeights([3, 2]));
        Assert.Equal([0.5f, 0.5f, 1f], encoded.SharedWeights(null));
        Assert.Equal(["a", "a", "b"], encoded.Spread(["a", "b"]));
    }

    private sealed class Close : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) < 1e-4;

        public int GetHashCode(float obj) => 0;
    }
}
