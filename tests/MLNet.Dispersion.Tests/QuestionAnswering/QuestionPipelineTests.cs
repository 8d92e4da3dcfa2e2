using Microsoft.ML;
using MLNet.Dispersion.Statistics;
using MLNet.Dispersion.Tests.Saving;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.QuestionAnswering;

public sealed class QuestionPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Fit_EvaluateAndSave_AnswersTheSameAfterLoading(string backbone)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(QuestionRow.Rows(90)), test = Ml.Data.LoadFromEnumerable(QuestionRow.Rows(24, seed: 2));
        FineTuneOptions options = Tuning.Options(epochs: 10);
        using FineTuneAnswersWithDispersionTransformer model = Trainers.FineTuneAnswersWithDispersion(backbone: TinyBackbones.Named(backbone), options: options).Fit(data);

        QuestionAnsweringMetrics metrics = Ml.EvaluateQuestionAnswering(model.Transform(test));

        // A piece at random of six words is exact in one of twenty.
        Assert.True(metrics.All.Exact > 0.3, $"{backbone}: exact {metrics.All.Exact}");
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        var other = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneAnswersWithDispersionTransformer>(other.Model.Load(zip, out _));
        Assert.Equal(("Context", "Question", "Answer", "Score", 3, 0.5), (loaded.TextColumnName, loaded.QuestionColumnName, loaded.AnswerColumnName, loaded.ScoreColumnName, loaded.TopAnswers, loaded.NoAnswerThreshold));
        Assert.Equal(Answers(model, test).Select(answer => answer.Said), Answers(loaded, test).Select(answer => answer.Said));
        using var engine = other.Model.CreatePredictionEngine<QuestionRow, AnswerRow>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(QuestionRow.Rows(24, seed: 2).Zip(Answers(loaded, test)).Take(5), pair => Assert.Equal(pair.Second.Answer[0], engine.Predict(pair.First).Answer[0]));
        Assert.All(Answers(loaded, test), answer => Assert.Equal((answer.Answer.Length, answer.NoAnswer > 0.5f), (answer.Start.Length, answer.Start[0] < 0)));
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Fit_WithAnAdapterAndWeights_AnswersTheSameAfterLoading(AdapterSaving saving)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(QuestionRow.Rows(12));
        FineTuneOptions options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        using var model = Trainers.FineTuneAnswersWithDispersion(backbone: TinyBackbone.Backbone, options: options, exampleWeightColumnName: "Weight", topAnswers: 1).Fit(data);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneAnswersWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal(Answers(model, data).Select(answer => answer.Said), Answers(loaded, data).Select(answer => answer.Said));
        Assert.All(Answers(loaded, data), answer => Assert.Single(answer.Answer));
    }

    [Fact]
    public void CrossValidateAndOpen_Work()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(QuestionRow.Rows(12));
        var folds = Ml.CrossValidateQuestionAnswering(data, Trainers.FineTuneAnswersWithDispersion("Context", "Question", "TrainingAnswer", "AnswerIndex", epochs: 1, backbone: TinyBert.Backbone), folds: 2);

        Assert.All(folds, fold => Assert.InRange(fold.Metrics.All.F1, 0, 1));
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-answers-").FullName;
        try
        {
            ((FineTuneAnswersWithDispersionTransformer)folds[0].Model).SavePretrained(folder);
            using var opened = Ml.OpenQuestionAnswerer(ModelSource.FromDirectory(folder), answering: new QuestionAnsweringOptions { NoAnswerThreshold = 0.5 });
            Assert.Equal(Answers(folds[0].Model, data).Select(answer => answer.Answer[0]), Answers(opened, data).Select(answer => answer.Answer[0]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Assert.All(folds, fold => ((IDisposable)fold.Model).Dispose());
        }
    }

    [Fact]
    public void Fit_BadRows_AreRefusedByTheirNumber()
    {
        List<QuestionRow> rows = QuestionRow.Rows(6);
        rows[4].AnswerIndex++;
        Assert.Contains("Row 4 (from 0)", Error(rows), StringComparison.Ordinal);
        rows = QuestionRow.Rows(6, withoutAnswer: 1);
        Assert.Contains("None of the 6", Error(rows), StringComparison.Ordinal);
        Assert.Contains("empty", Error([]), StringComparison.Ordinal);
        Assert.Contains("expected Int32", Assert.Throws<ArgumentOutOfRangeException>(() => Trainers.FineTuneAnswersWithDispersion(answerIndexColumnName: "Weight").Fit(Ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        Assert.Contains("question column 'Query'", Assert.Throws<ArgumentOutOfRangeException>(() => Trainers.FineTuneAnswersWithDispersion(questionColumnName: "Query").Fit(Ml.Data.LoadFromEnumerable(rows))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Trainers.FineTuneAnswersWithDispersion(topAnswers: 21));

        string Error(List<QuestionRow> given) => Assert.Throws<ArgumentException>(() => Trainers.FineTuneAnswersWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(Ml.Data.LoadFromEnumerable(given))).Message;
    }

    [Fact]
    public async Task Load_InAProcessThatNeverNamedOurTypes_AnswersTheSame()
    {
        using var file = new TemporaryFile();
        using var texts = new TemporaryFile();
        using var model = Trainers.FineTuneAnswersWithDispersion("Text", "Sentence", "TrainingAnswer", "AnswerIndex", backbone: TinyBackbone.Backbone, options: Tuning.Brief())
            .Fit(Ml.Data.LoadFromEnumerable(QuestionRow.Rows(6).Select(row => new { Text = row.Context, Sentence = row.Question, row.TrainingAnswer, row.AnswerIndex })));
        using (FileStream stream = File.Create(file.Path))
        {
            Ml.Model.Save(model, null, stream);
        }

        string[] sentences = ["please refund my money", "the parcel was broken again"];
        await File.WriteAllLinesAsync(texts.Path, sentences);

        string[] lines = await FreshProcessTests.RunAsync("FreshProcessLoad.dll", file.Path, texts.Path, "answers");

        string[] expected = [.. Answers(model, Ml.Data.LoadFromEnumerable(sentences.Select(sentence => new { Text = sentence, Sentence = sentence }))).Select(answer => answer.Answer[0])];
        Assert.Equal(["loaded before: False", .. expected, .. expected], lines);
    }

    private static MulticlassClassificationCatalog.MulticlassClassificationTrainers Trainers => Ml.MulticlassClassification.Trainers;

    private static List<AnswerRow> Answers(ITransformer model, IDataView data) => [.. Ml.Data.CreateEnumerable<AnswerRow>(model.Transform(data), reuseRowObject: false)];
}
