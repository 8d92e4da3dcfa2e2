using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class CondensationFromDataTests(TrainedModel trained) : IClassFixture<TrainedModel>
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(null, 100)]
    [InlineData(3, 20)]
    public void MeasureCondensation_Backbone_EqualsTheReportOfTheStrings(int? seed, int maxTexts)
    {
        var options = new CondensationReportOptions { SampleSeed = seed, MaxTexts = maxTexts, Device = "cpu" };
        CondensationReport report = _ml.MeasureCondensation(Rows.View(_ml, 60), "Text", TinyBackbone.Backbone, options);
        Assert.Equal(Csv(CondensationReport.Measure(TinyBackbone.Backbone, Texts(60), options)), Csv(report));
        Assert.Equal(TinyBackbone.Backbone.Name, report.Model);
    }

    [Fact]
    public void MeasureCondensation_FittedChain_EqualsTheReportOfItsLanguageModel()
    {
        CondensationReport report = _ml.MeasureCondensation(Rows.View(_ml, 20), "Text", new TransformerChain<ITransformer>(trained.Chain));
        Assert.Equal(Csv(CondensationReport.Measure(trained.Alone.LanguageModel, Texts(20), new() { ModelName = $"{trained.Alone.BackboneName}, fine-tuned" })), Csv(report));
        Assert.NotEqual(Csv(CondensationReport.Measure(TinyBackbone.Backbone, Texts(20))), Csv(report));
    }

    [Fact]
    public void MeasureCondensation_DefaultBackbone_IsTheEmbeddedOne() =>
        Assert.Equal("TinyEnglish", _ml.MeasureCondensation(Rows.View(_ml, 3)).Model);

    [Fact]
    public void MeasureCondensation_FirstTextsWanted_ReadsThatColumnAndNoFurther()
    {
        int read = 0;
        IEnumerable<LazyRow> rows = Enumerable.Range(0, 10_000).Select(i =>
        {
            read++;
            return new LazyRow { Text = $"text number {i}" };
        });
        var untouchable = _ml.Transforms.CustomMapping<LazyRow, Forbidden>((_, _) => throw new InvalidOperationException("Another column was read."), null).Fit(_ml.Data.LoadFromEnumerable(rows));
        CondensationReport report = _ml.MeasureCondensation(untouchable.Transform(_ml.Data.LoadFromEnumerable(rows)), "Text", TinyBackbone.Backbone, new() { MaxTexts = 5 });
        Assert.Equal(5, report.Profile.Texts);
        Assert.InRange(read, 5, 200);
    }

    [Fact]
    public void MeasureCondensation_FewerRowsThanWanted_KnowsHowManyThereAre()
    {
        // More rows than measuring looks ahead: only their number tells it how far it is, and over which texts to spread those whose spectrum is taken.
        const int Count = 1030;
        var progress = new Recorder();
        var options = new CondensationReportOptions { MaxTexts = 2000, Histograms = false, Progress = progress };
        CondensationReport report = _ml.MeasureCondensation(Rows.View(_ml, Count), "Text", TinyBackbone.Backbone, options);
        Assert.Equal(Enumerable.Range(1, Count), progress.Reports.Select(step => step.Texts));
        Assert.All(progress.Reports, step => Assert.Equal(Count, step.TotalTexts));
        Assert.Equal(Csv(CondensationReport.Measure(TinyBackbone.Backbone, Texts(Count), options)), Csv(report));
    }

    [Fact]
    public void MeasureCondensation_Outcome_IsLogged()
    {
        var log = new LogRecorder(_ml);
        _ml.MeasureCondensation(Rows.View(_ml, 4), "Text", TinyBackbone.Backbone);
        Assert.Contains(log.Infos, message => message.Contains("on 4 texts", StringComparison.Ordinal));
    }

    [Fact]
    public void MeasureCondensation_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        var options = new CondensationReportOptions { CancellationToken = source.Token, Progress = new Recorder { After = _ => source.Cancel() } };
        Assert.ThrowsAny<OperationCanceledException>(() => _ml.MeasureCondensation(Rows.View(_ml, 60), "Text", TinyBackbone.Backbone, options));
        var ml = new MLContext();
        IDataView data = Rows.View(ml, 60);
        ContextCancellation.Cancel(ml);
        Assert.ThrowsAny<OperationCanceledException>(() => ml.MeasureCondensation(data, "Text", TinyBackbone.Backbone));
    }

    [Fact]
    public void MeasureCondensation_BadColumnOrData_SaysSo()
    {
        Assert.Contains("text column 'Body'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MeasureCondensation(Rows.View(_ml, 3), "Body", TinyBackbone.Backbone)).Message, StringComparison.Ordinal);
        Assert.Contains("got Single", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MeasureCondensation(Rows.View(_ml, 3), "Id", trained.Chain)).Message, StringComparison.Ordinal);
        Assert.Contains("no texts", Assert.ThrowsAny<ArgumentException>(() => _ml.MeasureCondensation(Rows.View(_ml, 0), "Text", TinyBackbone.Backbone)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => _ml.MeasureCondensation(null!));
        FineTuneWithDispersionTransformer gone = Rows.Transformer(_ml, new FakeScorer());
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ml.MeasureCondensation(Rows.View(_ml, 3), "Text", gone));
    }

    private static string[] Texts(int count) => [.. Rows.Labelled(count).Select(row => row.Text!)];

    private static string Csv(CondensationReport report) => report.ToCsv();

    private sealed class LazyRow
    {
        public string Text { get; set; } = "";
    }

    private sealed class Forbidden
    {
        public float Other { get; set; }
    }

    private sealed class Recorder : IProgress<CondensationProgress>
    {
        internal List<CondensationProgress> Reports { get; } = [];

        internal Action<CondensationProgress>? After { get; init; }

        public void Report(CondensationProgress value)
        {
            Reports.Add(value);
            After?.Invoke(value);
        }
    }
}
