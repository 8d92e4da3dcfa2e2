using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Statistics;
using MLNet.Dispersion.Tests.Saving;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.NamedEntities;

public sealed class TokenPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Fit_EvaluateAndSave_AnswersTheSameAfterLoading(string backbone)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TagRow.Rows(90)), test = Ml.Data.LoadFromEnumerable(TagRow.Rows(30, seed: 2));
        using FineTuneTokensWithDispersionTransformer model = Trainers.FineTuneTokensWithDispersion(backbone: TinyBackbones.Named(backbone), options: Tuning.Options(epochs: 10)).Fit(data);

        TokenMetrics metrics = Ml.EvaluateTokens(model.Transform(test));

        Assert.True(metrics.Entities.Micro.F1 > 0.8, $"{backbone}: F1 is {metrics.Entities.Micro.F1}");
        Assert.InRange(metrics.TokenAccuracy, metrics.Entities.Micro.F1 - 0.2, 1);
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);
        var other = new MLContext(seed: 2);
        using var loaded = Assert.IsType<FineTuneTokensWithDispersionTransformer>(other.Model.Load(zip, out _));
        Assert.Equal(("Text", "Score", "PredictedLabel", "Entity"), (loaded.TextColumnName, loaded.ScoreColumnName, loaded.PredictedLabelColumnName, loaded.EntityColumnName));
        Assert.Equal(model.Tags, loaded.Tags);
        Assert.Equal(Answers(model, test), Answers(loaded, test));
        using var engine = other.Model.CreatePredictionEngine<TagRow, TagAnswer>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.All(TagRow.Rows(30, seed: 2).Zip(Answers(loaded, test)).Take(5), pair => Assert.Equal(Tags(pair.Second), Tags(engine.Predict(pair.First).Said)));
        Assert.NotEmpty(loaded.GeometryHistory);
        Assert.NotEmpty(Ml.MeasureCondensation(Ml.Data.LoadFromEnumerable(TagRow.Rows(4)), "Sentence", loaded).Layers);
    }

    [Fact]
    public void Fit_Spans_FindsSpansInRawText()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TagRow.Rows(90));
        using var model = Trainers.FineTuneTokensWithDispersion("Kinds", "Sentence", backbone: TinyBert.Backbone, options: Tuning.Options(epochs: 20), spanStartColumnName: "Starts", spanEndColumnName: "Ends", scheme: TaggingScheme.Bilou).Fit(data);

        Assert.Equal(WordCutting.Signs, model.Cutting);
        Assert.Contains("U-PAY", model.Tags);
        List<TagRow> test = TagRow.Rows(30, seed: 2);
        List<TagAnswer> found = [.. Ml.Data.CreateEnumerable<TagAnswer>(model.Transform(Ml.Data.LoadFromEnumerable(test)), reuseRowObject: false)];
        var truth = test.SelectMany((row, i) => row.Kinds.Select((kind, k) => (i, kind, row.Starts[k], row.Ends[k]))).ToHashSet();
        var answers = found.SelectMany((row, i) => row.Label.Select((kind, k) => (i, kind, row.Start[k], row.End[k]))).ToHashSet();
        Assert.True(truth.Intersect(answers).Count() > 0.8 * truth.Count, $"{truth.Intersect(answers).Count()} of {truth.Count} found");
        Assert.All(test.Zip(found), pair => Assert.Equal(pair.Second.Start.Zip(pair.Second.End, (start, end) => pair.First.Sentence![start..end]), pair.Second.Text));
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Fit_KeysWithAnAdapter_AnswersTheSameAfterLoading(AdapterSaving saving)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TagRow.Rows(12));
        FineTuneOptions options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        var chain = Ml.Transforms.Conversion.MapValueToKey("Label").Append(Trainers.FineTuneTokensWithDispersion(backbone: TinyBackbone.Backbone, options: options, exampleWeightColumnName: "Weight")).Fit(data);
        using var model = chain.LastTransformer;
        using var zip = new MemoryStream();
        Ml.Model.Save(model, data.Schema, zip);

        using var loaded = (FineTuneTokensWithDispersionTransformer)new MLContext().Model.Load(zip, out _);

        Assert.Equal("O", model.Tags[0]);
        Assert.Equal(Answers(model, data), Answers(loaded, data));
        Assert.InRange(Ml.EvaluateTokens(chain.Transform(data)).TokenAccuracy, 0, 1);
    }

    [Fact]
    public void CrossValidate_TwoFolds_GivesMetricsOfBoth()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TagRow.Rows(24));

        var folds = Ml.CrossValidateTokens(data, Trainers.FineTuneTokensWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()), folds: 2);

        Assert.Equal([0, 1], folds.Select(fold => fold.Fold));
        foreach (var fold in folds)
        {
            Assert.InRange(fold.Metrics.TokenAccuracy, 0, 1);
            ((IDisposable)fold.Model).Dispose();
        }
    }

    [Fact]
    public void SavePretrained_Opened_AnswersTheSame()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(TagRow.Rows(6));
        using var model = Trainers.FineTuneTokensWithDispersion(backbone: TinyBert.Backbone, options: Tuning.Brief()).Fit(data);
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-tokens-").FullName;
        try
        {
            model.SavePretrained(folder);
            using var opened = Ml.OpenTokenClassifier(ModelSource.FromDirectory(folder));

            Assert.Equal(model.Tags, opened.Tags);
            Assert.Equal(Answers(model, data).Select(Tags), Answers(opened, data).Select(Tags));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Fit_BadRows_AreRefusedByTheirNumber()
    {
        List<TagRow> rows = TagRow.Rows(6);
        rows[2].Label = [.. rows[2].Label, "O"];
        Assert.Contains($"Row 2 (from 0) has {rows[2].Text.Length} words", Error<ArgumentException>(rows), StringComparison.Ordinal);
        rows = TagRow.Rows(6);
        rows[3].Label[1] = "";
        Assert.Contains("Row 3 (from 0) has no tag for word 1", Error<ArgumentException>(rows), StringComparison.Ordinal);
        rows = TagRow.Rows(6);
        rows.ForEach(row => row.Label = [.. row.Label.Select(_ => "O")]);
        Assert.Contains("have the tag 'O'", Error<ArgumentException>(rows), StringComparison.Ordinal);
        rows = TagRow.Rows(6);
        rows.ForEach(row => row.Weight = 0);
        Assert.Contains("weight 0", Error<ArgumentException>(rows, weight: "Weight"), StringComparison.Ordinal);
        rows = TagRow.Rows(6);
        rows[4].Ends[0]--;
        Assert.Contains("Row 4 (from 0) has a span", Error<ArgumentException>(rows, spans: true), StringComparison.Ordinal);
        rows[4].Ends = [];
        Assert.Contains("0 ends", Error<ArgumentException>(rows, spans: true), StringComparison.Ordinal);
        Assert.Contains("expected a vector of String", Assert.Throws<ArgumentOutOfRangeException>(() => Trainers.FineTuneTokensWithDispersion("Sentence").Fit(View(rows))).Message, StringComparison.Ordinal);
        Assert.Contains("expected String", Assert.Throws<ArgumentOutOfRangeException>(() => Trainers.FineTuneTokensWithDispersion("Label", "Weight").Fit(View(rows))).Message, StringComparison.Ordinal);
        Assert.Contains("name both", Assert.Throws<ArgumentException>(() => Trainers.FineTuneTokensWithDispersion(spanEndColumnName: "Ends")).Message, StringComparison.Ordinal);
        IDataView keyed = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(View(TagRow.Rows(6))).Transform(View([.. TagRow.Rows(6).Where((_, row) => row % 3 == 0)]));
        Assert.Contains("B-BUG", Assert.Throws<ArgumentException>(() => Estimator().Fit(keyed)).Message, StringComparison.Ordinal);

        string Error<T>(List<TagRow> given, string? weight = null, bool spans = false)
            where T : Exception => Assert.Throws<T>(() => Estimator(weight, spans).Fit(View(given))).Message;

        static IDataView View(List<TagRow> given) => Ml.Data.LoadFromEnumerable(given);

        static FineTuneTokensWithDispersionEstimator Estimator(string? weight = null, bool spans = false) => Trainers.FineTuneTokensWithDispersion(
            spans ? "Kinds" : "Label", spans ? "Sentence" : "Text", backbone: TinyBackbone.Backbone, options: Tuning.Brief(), spanStartColumnName: spans ? "Starts" : null, spanEndColumnName: spans ? "Ends" : null, exampleWeightColumnName: weight);
    }

    [Fact]
    public void Fit_TagsOfTextBetweenBlanks_LeavesRowsWithoutTagsOut()
    {
        var ml = new MLContext(seed: 1);
        var log = new LogRecorder(ml);
        List<TagRow> rows = TagRow.Rows(8);
        rows[1].Label = [];

        using var model = ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion("Label", "Sentence", epochs: 1, backbone: TinyBackbone.Backbone).Fit(ml.Data.LoadFromEnumerable(rows));

        Assert.Equal(WordCutting.Blanks, model.Cutting);
        Assert.Contains(log.Warnings, warning => warning.Contains("1 of 8 rows have no label", StringComparison.Ordinal));
        Assert.Equal(FineTuneTask.TokenClassification, ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion().Columns.Task);
    }

    [Fact]
    public async Task Load_InAProcessThatNeverNamedOurTypes_AnswersTheSame()
    {
        using var file = new TemporaryFile();
        using var texts = new TemporaryFile();
        IDataView data = Ml.Data.LoadFromEnumerable(TagRow.Rows(12));
        using var model = Trainers.FineTuneTokensWithDispersion("Label", "Sentence", backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(data);
        using (FileStream stream = File.Create(file.Path))
        {
            Ml.Model.Save(model, null, stream);
        }

        string[] sentences = ["please refund my money", "the parcel was broken again"];
        await File.WriteAllLinesAsync(texts.Path, sentences);

        string[] lines = await FreshProcessTests.RunAsync("FreshProcessLoad.dll", file.Path, texts.Path, "tokens");

        Assert.Equal("loaded before: False", lines[0]);
        string[] expected = [.. Answers(model, Ml.Data.LoadFromEnumerable(sentences.Select(sentence => new TagRow { Sentence = sentence }))).Select(Tags)];
        Assert.Equal([.. expected, .. expected], lines[1..]);
    }

    private static MulticlassClassificationCatalog.MulticlassClassificationTrainers Trainers => Ml.MulticlassClassification.Trainers;

    private static List<string> Answers(ITransformer model, IDataView data) => [.. Ml.Data.CreateEnumerable<TagAnswer>(model.Transform(data), reuseRowObject: false).Select(answer => answer.Said)];

    /// <summary>The tags of an answer without its numbers, which differ a little with the size of passes.</summary>
    private static string Tags(string said) => string.Join(' ', said.Split(' ').Where(word => word == "O" || word.Contains('-', StringComparison.Ordinal)));
}
