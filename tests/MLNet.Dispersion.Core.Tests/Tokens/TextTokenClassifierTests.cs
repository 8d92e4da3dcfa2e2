using MLNet.Dispersion.Tests.Training;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Tokens;

public sealed class TextTokenClassifierTests
{
    [Fact]
    public void Train_FirstStep_ReportsTheLossThatHuggingFacesClassesCompute()
    {
        var sentences = TaggedSentences.Make(6);
        FineTuneOptions options = Options();
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 6;

        using TextTokenClassifier tagger = Train(TinyBert.Backbone, sentences, options);

        // In the first step of a warm-up the learning rate is 0: the weights are those that the loss was computed with.
        PretrainedLanguageModel model = tagger.LanguageModel;
        using PretrainedHead head = TokenHeads.Linear(model.Backbone, HeadTask.Tokens, new HeadLabels(tagger.Tags, null), tagger.Tags.Count, options.Seed!.Value);
        EncodedWords encoded = new WordEncoder(model, new TextEncoder(model, null)).Encode([.. sentences.Select(sentence => WordText.OfWords(sentence.Words))]);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        TokenBatch batch = encoded.Texts.Pad([.. Enumerable.Range(0, 6)], padId: 0);
        var labels = new long[batch.Rows * batch.Columns];
        Array.Fill(labels, HeadLosses.Ignored);
        foreach (var (row, window) in encoded.Windows.Index())
        {
            foreach (WordToken word in window.Words)
            {
                labels[(row * batch.Columns) + word.Position] = tagger.Tags.ToList().IndexOf(sentences[row].Tags[word.Word]);
            }
        }

        Tensor states = new ForwardPass(model.Backbone, CPU).Read(batch, HiddenStateSelection.None).States.LastHiddenState;
        double expected = HeadLosses.Classes(head.Outputs(states, batch.Lengths), tensor(labels, batch.Rows, batch.Columns)).ToDouble();
        Assert.Equal(expected, tagger.TrainingResult!.History[0].TaskLoss, 1e-5 * expected);
    }

    [Theory]
    [InlineData(HeadStart.Linear)]
    [InlineData(HeadStart.Family)]
    public void Train_SavedAndWrittenForHuggingFace_TagsTheSame(HeadStart start)
    {
        var sentences = TaggedSentences.Make(90);
        FineTuneOptions options = Options();
        options.HeadStart = start;
        options.Epochs = 10;
        using TextTokenClassifier tagger = Train(TinyBert.Backbone, sentences, options);
        var test = TaggedSentences.Make(30, seed: 2);

        IReadOnlyList<TaggedWords> found = tagger.Tag(Texts(test));

        double f1 = EntityMetrics.Of([.. test.Select(sentence => sentence.Tags)], [.. found.Select(sentence => sentence.Tags)], scheme: null).Micro.F1;
        Assert.True(f1 > 0.9, $"F1 is {f1}");
        Assert.All(test.Zip(found), pair => Assert.All(pair.Second.Entities, entity =>
        {
            string text = string.Join(' ', pair.First.Words);
            Assert.Equal(text[entity.Start..entity.End], entity.Text);
            Assert.Equal(string.Join(' ', pair.First.Words[entity.FirstWord..(entity.LastWord + 1)]), entity.Text);
            Assert.Equal(pair.Second.Scores.Skip(entity.FirstWord).Take(entity.LastWord - entity.FirstWord + 1).Average(), entity.Score, 1e-6);
        }));
        InFolder(folder =>
        {
            tagger.Save(new DirectorySink(folder));
            using var loaded = TextTokenClassifier.Load(new DirectorySource(folder), "cpu");
            Same(found, loaded.Tag(Texts(test)), 0);
            Assert.Equal(tagger.Tags, loaded.Tags);
            Assert.Equal(tagger.GeometryHistory.Count, loaded.GeometryHistory.Count);
        });
        InFolder(folder =>
        {
            tagger.SavePretrained(folder);
            using var opened = TextTokenClassifier.FromPretrained(ModelSource.FromDirectory(folder), "cpu");
            Same(found, opened.Tag(Texts(test)), 1e-5f);
            Assert.Equal(HeadTask.Tokens, opened.LanguageModel.Head!.Task);

            // Training goes on from there, also on rows without some of the tags.
            options.HeadStart = HeadStart.Pretrained;
            options.MaxSteps = 1;
            options.WarmupRatio = 1;
            using TextTokenClassifier further = Train(ModelSource.FromDirectory(folder), [.. sentences.Where((_, row) => row % 3 == 0)], options);
            Same(found, further.Tag(Texts(test)), 1e-5f);
            Assert.Contains("B-ELSE", Assert.Throws<ArgumentException>(() => Train(ModelSource.FromDirectory(folder), [(["my"], ["B-ELSE"]), (["my"], ["O"])], options)).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Tag_TextLongerThanTheContext_TagsEveryWordInAWindow()
    {
        var sentences = TaggedSentences.Make(90);
        FineTuneOptions options = Options();
        options.Epochs = 10;
        using TextTokenClassifier tagger = Train(TinyBackbone.Backbone, sentences, options);
        (string[] Words, string[] Tags)[] all = [.. TaggedSentences.Make(30, seed: 2)];
        string[] words = [.. all.SelectMany(sentence => sentence.Words)], tags = [.. all.SelectMany(sentence => sentence.Tags)];
        Assert.True(words.Length > 3 * TinyBackbone.ContextLength);

        TaggedWords found = Assert.Single(tagger.Tag([WordText.OfWords(words)]));

        Assert.Equal(words.Length, found.Tags.Count);
        Assert.All(found.Scores, score => Assert.InRange(score, 0.01f, 1));
        Assert.True(EntityMetrics.TokenAccuracy([tags], [found.Tags]) > 0.9);
        FineTuneOptions brief = Options();
        brief.MaxSteps = 2;
        using TextTokenClassifier onLong = Train(TinyBackbone.Backbone, [(words, tags), .. sentences.Take(4)], brief);
        Assert.Equal(0, onLong.TruncatedTrainingRows);
    }

    [Fact]
    public void Tag_WordsWithoutTokens_AreOutside()
    {
        FineTuneOptions options = Options();
        options.MaxSteps = 2;
        using TextTokenClassifier tagger = Train(TinyBert.Backbone, TaggedSentences.Make(6), options);

        IReadOnlyList<TaggedWords> found = tagger.Tag([WordText.OfWords(["my", "", "\u200b", "money"]), WordText.Of(null), WordText.Of("  ")]);

        Assert.Equal(["O", "O"], found[0].Tags.Skip(1).Take(2));
        Assert.Equal([0f, 0f], found[0].Scores.Skip(1).Take(2));
        Assert.Equal([4, 0, 0], found.Select(text => text.Tags.Count));
    }

    [Fact]
    public void Train_ExampleAndClassWeights_AreThoseOfTheWeightedMean()
    {
        var sentences = TaggedSentences.Make(4);
        FineTuneOptions options = Options();
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 4;
        double[] own = [.. sentences.Select(sentence => Loss([sentence], null))];
        int[] counts = [.. sentences.Select(sentence => sentence.Words.Length)];

        double weighted = Loss(sentences, [2, 0, 1, 1]);

        double expected = ((2 * own[0] * counts[0]) + (own[2] * counts[2]) + (own[3] * counts[3])) / ((2 * counts[0]) + counts[2] + counts[3]);
        Assert.Equal(expected, weighted, 1e-4 * expected);
        double even = Loss(sentences, null);
        options.ClassWeights = ClassWeighting.Balanced;
        double balanced = Loss(sentences, null);
        Assert.True(double.IsFinite(balanced) && Math.Abs(balanced - even) > 1e-4);

        // Every run has all tags, so that heads begin the same: those of the other rows are on a row that weighs nothing.
        double Loss(IReadOnlyList<(string[] Words, string[] Tags)> rows, float[]? weights)
        {
            string[] tags = [.. sentences.SelectMany(sentence => sentence.Tags).Distinct()];
            List<(string[] Words, string[] Tags)> all = [.. rows, ([.. tags.Select(_ => "my")], tags)];
            options.MicroBatchSize = all.Count;
            using var tagger = TextTokenClassifier.Train(TinyBert.Backbone, Texts(all), [.. all.Select(row => row.Tags)], options, [.. weights ?? [.. rows.Select(_ => 1f)], 0]);
            return tagger.TrainingResult!.History[0].TaskLoss;
        }
    }

    [Fact]
    public void Train_BadRows_AreRefusedBeforeAnyWork()
    {
        Assert.Contains("no training rows", Error([]), StringComparison.Ordinal);
        Assert.Contains("Row 1 has 1 words but 2 tags", Error([(["a"], ["O"]), (["b"], ["O", "B-X"])]), StringComparison.Ordinal);
        Assert.Contains("Row 0 has no tag for word 1", Error([(["a", "b"], ["O", ""])]), StringComparison.Ordinal);
        Assert.Contains("have the tag 'O'", Error([(["a"], ["O"]), (["b"], ["O"])]), StringComparison.Ordinal);
        FineTuneOptions pooled = Options();
        pooled.Pooling = TextPooling.Mean;
        Assert.Contains("Pooling", Assert.Throws<ArgumentException>(() => Train(TinyBert.Backbone, TaggedSentences.Make(3), pooled)).Message, StringComparison.Ordinal);

        static string Error((string[] Words, string[] Tags)[] rows) => Assert.ThrowsAny<ArgumentException>(() => Train(TinyBert.Backbone, rows, Options())).Message;
    }

    [Fact]
    public void Split_WindowsOfOneExample_AreHeldOutTogether()
    {
        int[] examples = [0, 0, 0, 1, 2, 2, 3, 3, 3, 3, 4, 5, 5, 6, 7];
        var rows = new TrainingRows(new EncodedTexts([.. examples.Select(_ => new[] { 1 })], null, 0) { Examples = examples });

        var (train, held) = ValidationSplit.Split(rows, _ => 0, 0.5, seed: 3);

        Assert.Equal(Enumerable.Range(0, examples.Length), train.Concat(held).Order());
        Assert.Empty(train.Select(row => examples[row]).Intersect(held.Select(row => examples[row])));
        Assert.Equal(4, held.Select(row => examples[row]).Distinct().Count());
    }

    [Fact]
    public void Last_WindowsOfTheLastExamples_AreHeldOut()
    {
        int[] examples = [0, 0, 1, 2, 2, 2, 3, 3];
        var rows = new TrainingRows(new EncodedTexts([.. examples.Select(_ => new[] { 1 })], null, 0) { Examples = examples });
        var plain = new TrainingRows([[1], [2], [3]]);

        var (train, held) = ValidationSplit.Last(rows, 2);
        Assert.Equal([0, 1, 2], train);
        Assert.Equal([3, 4, 5, 6, 7], held);
        Assert.Equal([2], ValidationSplit.Last(plain, 1).Validation);
    }

    internal static void InFolder(Action<string> use)
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-tokens-").FullName;
        try
        {
            use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FineTuneOptions Options()
    {
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.HeadLearningRateMultiplier = 3;
        return options;
    }

    private static TextTokenClassifier Train(ModelSource backbone, IReadOnlyList<(string[] Words, string[] Tags)> rows, FineTuneOptions options) =>
        TextTokenClassifier.Train(backbone, Texts(rows), [.. rows.Select(row => row.Tags)], options);

    private static WordText[] Texts(IEnumerable<(string[] Words, string[] Tags)> rows) => [.. rows.Select(row => WordText.OfWords(row.Words))];

    private static void Same(IReadOnlyList<TaggedWords> expected, IReadOnlyList<TaggedWords> actual, float tolerance)
    {
        Assert.Equal(expected.SelectMany(text => text.Tags), actual.SelectMany(text => text.Tags));
        Assert.All(expected.SelectMany(text => text.Scores).Zip(actual.SelectMany(text => text.Scores)), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
    }
}
