namespace MLNet.Dispersion.Tests.Training;

/// <summary>What an encoder can be used for, and what not.</summary>
public sealed class BertTrainingTests
{
    [Fact]
    public void Classifier_SeparableTexts_LearnsThemAndComesBack()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(120);
        using var classifier = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, TextClassifierTests.Options());
        var (unseen, truth) = TinyBackbone.LabelledTexts(60, seed: 99);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            classifier.Save(new DirectorySink(folder));
            using var loaded = TextClassifier.Load(new DirectorySource(folder), "cpu");

            float[] scores = loaded.Score(unseen).Values;

            Assert.Equal(classifier.Score(unseen).Values, scores);
            double accuracy = truth.Select((label, i) => Array.IndexOf(scores, scores[(3 * i)..(3 * (i + 1))].Max(), 3 * i, 3) - (3 * i) == label ? 1.0 : 0).Average();
            Assert.True(accuracy > 0.8, $"accuracy is {accuracy}");
            Assert.NotNull(classifier.TrainingResult!.History[0].Dispersion);
            Assert.Equal(3, classifier.GeometryHistory[^1].Profile.Layers.Count);
            float[] narrow = ScoreInBFloat16(loaded, unseen);
            Assert.True(scores.Zip(narrow, (a, b) => Math.Abs(a - b)).Max() < 0.1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Classifier_Lora_TrainsTheMatricesAloneAndComesBack()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(60);
        using var untouched = PretrainedLanguageModel.Load(TinyBert.Backbone);
        var options = TextClassifierTests.Options();
        options.LearningRate = 1e-2;
        options.Lora = new LoraOptions { Rank = 4 };
        using var classifier = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, options);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            classifier.Save(new DirectorySink(folder));
            using var loaded = TextClassifier.Load(new DirectorySource(folder), "cpu");

            Assert.Equal(untouched.ComputeWeightHash(), classifier.LanguageModel.ComputeWeightHash());
            Assert.Equal(4, loaded.LanguageModel.Adapter!.Rank);
            float[] adapted = classifier.Score(texts).Values;
            Assert.Equal(adapted, loaded.Score(texts).Values);
            loaded.LanguageModel.RemoveAdapter();
            Assert.NotEqual(adapted, loaded.Score(texts).Values);
            Assert.True(classifier.TrainingResult!.History[^1].TaskLoss < classifier.TrainingResult.History[0].TaskLoss);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Score_ManyTexts_EqualsOneByOne()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        var options = TextClassifierTests.Options();
        options.MaxSteps = 1;
        using var classifier = TextClassifier.Train(TinyBert.Backbone, texts, labels, 3, options, [.. texts.Reverse()]);
        string?[] firsts = [null, "refund", .. texts];
        string?[] seconds = ["bug", "", .. texts.Reverse()];

        float[] bulk = classifier.Score(firsts, seconds).Values;

        for (int row = 0; row < firsts.Length; row++)
        {
            float[] single = classifier.Score([firsts[row]], [seconds[row]]).Values;
            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(single[k], bulk[(row * 3) + k], 1e-5));
        }
    }

    [Fact]
    public void Regressor_PairsOfTexts_SeesTheTokenTypes()
    {
        string[] firsts = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? "refund" : "bug")];
        string[] seconds = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? "bug" : "refund")];
        float[] labels = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? 10f : 20f)];
        using var regressor = TextRegressor.Train(TinyBert.Backbone, firsts, labels, TextClassifierTests.Options(), seconds);

        float[] predicted = regressor.Score(["refund", "bug"], ["bug", "refund"]).Values;

        Assert.True(predicted[0] < 13 && predicted[1] > 17, string.Join(", ", predicted));
    }

    [Fact]
    public void Diagnostics_OfAnEncoder_Measure()
    {
        var (texts, _) = TinyBackbone.LabelledTexts(8);
        using var model = PretrainedLanguageModel.Load(TinyBert.Backbone);

        var report = CondensationReport.Measure(model, texts);
        var features = new TextFeatureExtractor(model).Extract([.. texts, ""], likelihoods: false);

        Assert.Equal(3, report.Layers.Count);
        Assert.Equal(32, features[0].Embedding!.Length);
        Assert.Equal(model.Tokenizer.Encode(texts[0]).Ids.Length, features[0].TokenCount);
        Assert.Equal(2, features[^1].TokenCount);
    }

    [Fact]
    public void CausalUses_OfAnEncoder_SayWhatToDo()
    {
        using var model = PretrainedLanguageModel.Load(TinyBert.Backbone);

        Says(() => LanguageModelTrainer.Train(model, [[2, 5, 3]], TextClassifierTests.Options()));
        Says(() => LanguageModelTrainer.MeanNegativeLogLikelihood(model, [[2, 5, 3]]));
        Says(() => model.Generate(["refund"]));
        Says(() => model.GenerateStreaming("refund"));
        Says(() => WordPerplexity.Measure(model, ["refund"]));
        Says(() => LanguageModelEvaluation.Run(model, []));
        Says(() => new TextFeatureExtractor(model).Extract(["refund"]));
        Assert.Throws<NotSupportedException>(() => model.Backbone.Logits(TorchSharp.torch.zeros(1, 32)));

        static void Says(Func<object> use)
        {
            var error = Assert.ThrowsAny<ArgumentException>(use);
            Assert.Contains("encoder", error.Message, StringComparison.Ordinal);
            Assert.Contains("Take a causal model", error.Message, StringComparison.Ordinal);
        }
    }

    private static float[] ScoreInBFloat16(TextClassifier classifier, string[] texts)
    {
        classifier.ScoringPrecision = Precision.BFloat16Mixed;
        return classifier.Score(texts).Values;
    }
}
