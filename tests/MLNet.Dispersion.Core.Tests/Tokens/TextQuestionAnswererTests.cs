using MLNet.Dispersion.Tests.Training;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Tokens;

public sealed class TextQuestionAnswererTests
{
    [Fact]
    public void Train_FirstStep_ReportsTheLossThatHuggingFacesClassesCompute()
    {
        var rows = AskedSentences.Make(4, withoutAnswer: 4);
        FineTuneOptions options = Options();
        options.MaxSteps = 1;
        options.WarmupRatio = 1;
        options.MicroBatchSize = 4;

        using TextQuestionAnswerer answerer = Train(TinyBert.Backbone, rows, options);

        // In the first step of a warm-up the learning rate is 0. All rows are of the same length, so that pads play no part.
        PretrainedLanguageModel model = answerer.LanguageModel;
        using PretrainedHead head = TokenHeads.Linear(model.Backbone, HeadTask.Spans, new HeadLabels([], null), 2, options.Seed!.Value);
        EncodedQuestions encoded = new QuestionEncoder(model, new TextEncoder(model, null), null).Encode([.. rows.Select(row => row.Question)], [.. rows.Select(row => row.Context)]);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        TokenBatch batch = encoded.Texts.Pad([.. Enumerable.Range(0, 4)], padId: 0);
        Assert.False(batch.HasPadding);
        SpanTarget[] places = [.. encoded.Windows.Zip(rows, (window, row) => row.Answer.Exists ? window.PlacesOf(row.Answer.Start, row.Answer.Start + row.Answer.Text!.Length) : new SpanTarget(0, 0))];
        Assert.Equal(new SpanTarget(0, 0), places[0]);
        Assert.All(places.Skip(1), place => Assert.InRange(place.Start, 4, place.End));
        Tensor states = new ForwardPass(model.Backbone, CPU).Read(batch, HiddenStateSelection.None).States.LastHiddenState;
        double expected = HeadLosses.Spans(head.Outputs(states, batch.Lengths), tensor([.. places.Select(place => (long)place.Start)]), tensor([.. places.Select(place => (long)place.End)])).ToDouble();
        Assert.Equal(expected, answerer.TrainingResult!.History[0].TaskLoss, 1e-5 * expected);
    }

    [Fact]
    public void Encode_Pair_IsWhatTheTokenizerJoins()
    {
        foreach (string kind in new[] { "bert", "gpt2", "llama" })
        {
            using var model = PretrainedLanguageModel.Load(TinyBackbones.Named(kind));
            EncodedQuestions encoded = new QuestionEncoder(model, new TextEncoder(model, null), null).Encode(["the money"], ["my refund is broken"]);

            EncodedPair pair = model.Tokenizer.EncodePair("the money", "my refund is broken");
            Assert.Equal(pair.Ids, encoded.Texts.Sequences[0]);
            Assert.Equal(pair.SecondStart, Assert.Single(encoded.Windows).Start);
            SpanTarget places = encoded.Windows[0].PlacesOf(3, 9);
            Assert.Equal("refund", model.Tokenizer.Decode(pair.Ids[places.Start..(places.End + 1)]).Trim());
        }
    }

    [Fact]
    public void Answer_TrainedSavedAndWrittenForHuggingFace_AnswersTheSame()
    {
        var rows = AskedSentences.Make(120, withoutAnswer: 3);
        FineTuneOptions options = Options();
        options.Epochs = 16;
        using TextQuestionAnswerer answerer = Train(TinyBert.Backbone, rows, options);
        var test = AskedSentences.Make(40, seed: 2, withoutAnswer: 3);

        IReadOnlyList<FoundAnswers> found = Answers(answerer, test, 3);

        Assert.Equal(0.5, answerer.NoAnswerThreshold);
        QuestionAnsweringMetrics metrics = QuestionAnsweringMetrics.Of([.. test.Zip(found, (row, answer) => new AnsweredQuestion { Prediction = answer.Best[0].Text, Answers = row.Answer.Exists ? [row.Answer.Text!] : [] })]);
        Assert.True(metrics.All.Exact > 0.8, $"exact: {metrics.All.Exact}");
        Assert.All(test.Zip(found), pair =>
        {
            Assert.Equal(pair.Second.NoAnswerProbability > 0.5, pair.Second.Best[0].Start < 0);
            Assert.All(pair.Second.Best.Where(answer => answer.Start >= 0), answer => Assert.Equal(pair.First.Context[answer.Start..answer.End], answer.Text));
            Assert.True(pair.Second.Best.Sum(answer => answer.Score) <= 1.0001);
        });
        TextTokenClassifierTests.InFolder(folder =>
        {
            answerer.NoAnswerThreshold = 0.75;
            answerer.Save(new DirectorySink(folder));
            using var loaded = TextQuestionAnswerer.Load(new DirectorySource(folder), "cpu");
            Assert.Equal(0.75, loaded.NoAnswerThreshold);
            loaded.NoAnswerThreshold = answerer.NoAnswerThreshold = 0.5;
            Same(found, Answers(loaded, test, 3), 0);
        });
        TextTokenClassifierTests.InFolder(folder =>
        {
            answerer.SavePretrained(folder);
            using var opened = TextQuestionAnswerer.FromPretrained(ModelSource.FromDirectory(folder), new QuestionAnsweringOptions { NoAnswerThreshold = 0.5 }, "cpu");
            Same(found, Answers(opened, test, 3), 1e-4f);
            using var always = TextQuestionAnswerer.FromPretrained(ModelSource.FromDirectory(folder), device: "cpu");
            Assert.All(Answers(always, test, 1), answer => Assert.True(answer.Best[0].Start >= 0));
        });
    }

    [Fact]
    public void Answer_ContextLongerThanTheModelReads_IsFoundInAWindow()
    {
        var rows = AskedSentences.Make(120, words: 12);
        FineTuneOptions options = Options();
        options.Epochs = 16;
        var answering = new QuestionAnsweringOptions { WindowOverlap = 8, MaxAnswerTokens = 3 };
        var test = AskedSentences.Make(20, seed: 2, words: 120);
        using TextQuestionAnswerer answerer = Train(TinyBert.Backbone, [.. rows, .. test.Take(2)], options, answering);

        IReadOnlyList<FoundAnswers> found = Answers(answerer, test, 1);

        Assert.Equal(1, answerer.NoAnswerThreshold);
        Assert.Equal(0, answerer.TruncatedTrainingRows);
        double right = test.Zip(found, (row, answer) => row.Answer.Start == answer.Best[0].Start && row.Answer.Text == answer.Best[0].Text ? 1.0 : 0).Average();
        Assert.True(right > 0.7, $"{right} are right");
    }

    [Fact]
    public void Best_LogitsOfWindows_IsTheBestPieceOverAllPairs()
    {
        var random = new Random(1);
        string context = "ab cd ef gh ij kl";
        TextRange[] offsets = [.. Enumerable.Range(0, 6).Select(token => new TextRange(3 * token, (3 * token) + 2))];
        for (int round = 0; round < 50; round++)
        {
            var search = new AnswerSearch();
            var scores = new Dictionary<(int, int), double>();
            double none = double.PositiveInfinity;
            foreach (TextRange tokens in new[] { new TextRange(0, 4), new TextRange(2, 6) })
            {
                float[] logits = [.. Enumerable.Range(0, 2 * 7).Select(_ => (float)(random.NextDouble() * 6) - 3)];
                var window = new ContextWindow(0, 2, tokens, offsets);
                search.Add(window, logits, maxTokens: 3);
                none = Math.Min(none, logits[0] + logits[1]);
                for (int start = tokens.Start; start < tokens.End; start++)
                {
                    for (int end = start; end < Math.Min(tokens.End, start + 3); end++)
                    {
                        double score = logits[(2 + start - tokens.Start) * 2] + logits[((2 + end - tokens.Start) * 2) + 1];
                        scores[(start, end)] = Math.Max(score, scores.GetValueOrDefault((start, end), double.NegativeInfinity));
                    }
                }
            }

            FoundAnswers found = search.Best(context, 20, threshold: 1);

            var best = scores.OrderByDescending(piece => piece.Value).Take(20).ToList();
            Assert.Equal(best.Select(piece => context[offsets[piece.Key.Item1].Start..offsets[piece.Key.Item2].End]), found.Best.Select(answer => answer.Text));
            Assert.Equal(1 / (1 + Math.Exp(best[0].Value - none)), found.NoAnswerProbability, 1e-5);
            double sum = best.Sum(piece => Math.Exp(piece.Value)) + Math.Exp(none);
            Assert.Equal(Math.Exp(best[0].Value) / sum, found.Best[0].Score, 1e-5);
            Assert.Equal(found.NoAnswerProbability > 0.4 ? "" : found.Best[0].Text, search.Best(context, 2, threshold: 0.4).Best[0].Text);
        }
    }

    [Fact]
    public void Answer_EmptyContext_HasNone()
    {
        FineTuneOptions options = Options();
        options.MaxSteps = 2;
        using TextQuestionAnswerer answerer = Train(TinyBackbone.Backbone, AskedSentences.Make(4), options);

        FoundAnswers found = answerer.Answer(["the money"], [null])[0];

        Assert.Equal(("", -1, 1f), (found.Best[0].Text, found.Best[0].Start, found.NoAnswerProbability));
        Assert.NotEmpty(answerer.Answer([string.Join(' ', Enumerable.Repeat("money", 200))], ["my refund"])[0].Best);
        Assert.Throws<ArgumentException>(() => answerer.Answer(["a"], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => answerer.Answer(["a"], ["b"], 0));
    }

    [Fact]
    public void Train_BadRows_AreRefusedBeforeAnyWork()
    {
        Assert.Contains("Row 1: the answer 'refund' does not stand at character 2", Error([("q", "my refund", new("refund", 3)), ("q", "my refund", new("refund", 2))]), StringComparison.Ordinal);
        Assert.Contains("it stands at 3", Error([("q", "my refund", new("refund", 2))]), StringComparison.Ordinal);
        Assert.Contains("stands nowhere", Error([("q", "my refund", new("money", -1))]), StringComparison.Ordinal);
        Assert.Contains("stands nowhere", Error([("q", "my", new("my refund", 0))]), StringComparison.Ordinal);
        Assert.Contains("None of the 1", Error([("q", "my refund", default)]), StringComparison.Ordinal);
        Assert.Contains("MaxAnswerTokens", Assert.Throws<ArgumentOutOfRangeException>(() => Train(TinyBert.Backbone, AskedSentences.Make(2), Options(), new QuestionAnsweringOptions { MaxAnswerTokens = 0 })).Message, StringComparison.Ordinal);

        static string Error((string, string, AnswerSpan)[] rows) => Assert.Throws<ArgumentException>(() => Train(TinyBert.Backbone, rows, Options())).Message;
    }

    private static FineTuneOptions Options()
    {
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        options.HeadLearningRateMultiplier = 3;
        return options;
    }

    private static TextQuestionAnswerer Train(ModelSource backbone, IReadOnlyList<(string Question, string Context, AnswerSpan Answer)> rows, FineTuneOptions options, QuestionAnsweringOptions? answering = null) =>
        TextQuestionAnswerer.Train(backbone, [.. rows.Select(row => row.Question)], [.. rows.Select(row => row.Context)], [.. rows.Select(row => row.Answer)], options, answering);

    private static IReadOnlyList<FoundAnswers> Answers(TextQuestionAnswerer answerer, List<(string Question, string Context, AnswerSpan Answer)> rows, int count) =>
        answerer.Answer([.. rows.Select(row => row.Question)], [.. rows.Select(row => row.Context)], count);

    private static void Same(IReadOnlyList<FoundAnswers> expected, IReadOnlyList<FoundAnswers> actual, float tolerance)
    {
        Assert.Equal(expected.Select(found => found.Best[0].Text), actual.Select(found => found.Best[0].Text));
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second.Best[0].Score, pair.First.Best[0].Score - tolerance, pair.First.Best[0].Score + tolerance));
    }
}
