using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class BadInputTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_NoRows_SaysSo()
    {
        IDataView keyed = Tuning.KeyedRows(_ml, 6);
        IDataView none = _ml.Data.FilterRowsByColumn(keyed, "Id", 1000);
        var error = Assert.Throws<ArgumentException>(() => Trainer().Fit(none));
        Assert.Contains("The training data is empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NoRowWithALabel_SaysSo()
    {
        var error = Assert.Throws<ArgumentException>(() => Trainer().Fit(KeyedBy(row => row.Label = "unheard of", 5)));
        Assert.Contains("None of the 5 rows", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Label'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_RowsOfOneClassOnly_NamesTheClass()
    {
        var error = Assert.Throws<ArgumentException>(() => Trainer().Fit(KeyedBy(row => row.Label = "colours", 7)));
        Assert.Contains("All 7 training rows have the same label, 'colours'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_KeyTypeOfOneValue_NamesTheClass()
    {
        List<TextRow> rows = Rows.Labelled(5);
        rows.ForEach(row => row.Label = "only");
        var error = Assert.Throws<ArgumentException>(() => Trainer().Fit(Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(rows))));
        Assert.Contains("'only'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_SomeRowsWithoutLabel_LeavesThemOutWithOneWarning()
    {
        var log = new LogRecorder(_ml);
        using FineTuneWithDispersionTransformer model = Trainer().Fit(KeyedBy(row => row.Label = row.Id < 4 ? "unheard of" : row.Label, 24));
        Assert.Equal("4 of 24 rows have no label in column 'Label' and are left out of training.", Assert.Single(log.Warnings));
    }

    [Fact]
    public void Fit_ClassThatNeverOccurs_TrainsWithOneWarning()
    {
        var log = new LogRecorder(_ml);
        using FineTuneWithDispersionTransformer model = Trainer().Fit(KeyedBy(row => row.Label = row.Label == "numbers" ? "colours" : row.Label, 24));
        Assert.Equal("1 of 3 classes occur in none of the 24 training rows and are not learnt: numbers.", Assert.Single(log.Warnings));
        Assert.Equal(3, model.ClassCount);
    }

    [Fact]
    public void Fit_BadWeights_AreRefusedByTheirRow()
    {
        List<TextRow> rows = Rows.Labelled(6);
        rows[4].Id = -1;
        var weighted = _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief(), exampleWeightColumnName: "Id");
        Assert.Contains("The weight in column 'Id' of row 4 (from 0) is -1", Assert.Throws<ArgumentException>(() => weighted.Fit(Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(rows)))).Message, StringComparison.Ordinal);
        rows.ForEach(row => row.Id = 0);
        Assert.Contains("All 6 training rows have weight 0 in column 'Id'", Assert.Throws<ArgumentException>(() => weighted.Fit(Tuning.Keyed(_ml, _ml.Data.LoadFromEnumerable(rows)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NullAndBlankTexts_TrainsWithOneWarning()
    {
        var log = new LogRecorder(_ml);
        using FineTuneWithDispersionTransformer model = Trainer().Fit(KeyedBy(row => row.Text = row.Id switch { 0 => null, 1 => "", 2 => " \t\n", _ => row.Text }, 24));
        Assert.Equal("3 of 24 training rows have a null or blank text in column 'Text'; they are trained on as empty texts.", Assert.Single(log.Warnings));
    }

    [Fact]
    public void Fit_TextsLongerThanTheContext_TrainsWithOneWarning()
    {
        var log = new LogRecorder(_ml);
        string tooLong = string.Join(' ', Enumerable.Repeat("horse", TinyBackbone.ContextLength + 1));
        using FineTuneWithDispersionTransformer model = Trainer().Fit(KeyedBy(row => row.Text = row.Id < 5 ? tooLong : row.Text, 24));
        Assert.Equal("5 of 24 training rows have more tokens in column 'Text' than the 48 that the model reads, and were cut off.", Assert.Single(log.Warnings));
    }

    [Theory]
    [InlineData(1, TextPooling.LastToken, LayerSelection.All, true)]
    [InlineData(3, TextPooling.FirstToken, LayerSelection.LateHalf, true)]
    [InlineData(3, TextPooling.FirstToken, LayerSelection.EarlyHalf, false)]
    [InlineData(0.1, TextPooling.LastToken, LayerSelection.All, false)]
    [InlineData(1, TextPooling.Mean, LayerSelection.All, false)]
    public void Fit_AStrongCoefficientOnTheTokenThatTheHeadReads_IsWarnedOfBeforeTheFirstStep(double coefficient, TextPooling pooling, LayerSelection layers, bool warns)
    {
        var log = new LogRecorder(_ml);
        FineTuneOptions options = Tuning.Options(epochs: 1);
        (options.Pooling, options.Dispersion.Coefficient, options.Dispersion.Layers) = (pooling, coefficient, layers);
        using FineTuneWithDispersionTransformer model = _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(Tuning.KeyedRows(_ml, 24));
        Assert.Equal(warns ? 1 : 0, log.Warnings.Count(line => line.Contains("the head reads one token there", StringComparison.Ordinal) && line.Contains("EarlyHalf", StringComparison.Ordinal)));
    }

    [Fact]
    public void Transform_TextsLongerThanTheContext_ScoresThemWithOneWarningAPass()
    {
        using FineTuneWithDispersionTransformer model = Trainer().Fit(Tuning.KeyedRows(_ml, 24));
        var log = new LogRecorder(_ml);
        string tooLong = string.Join(' ', Enumerable.Repeat("horse", TinyBackbone.ContextLength + 1));
        float[] scores = Tuning.Scores(_ml, model, tooLong, "cat", tooLong + " and more");
        Assert.Equal(9, scores.Length);
        Assert.All(scores, score => Assert.InRange(score, 0, 1));
        Assert.StartsWith("2 text(s) of column 'Text'", Assert.Single(log.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_EmojiAndInvalidUtf16_Trains()
    {
        string[] odd = ["👩‍👩‍👧‍👦", "\ud800", "\udc00\ud800", "a\0b", "𝒳 𠀀"];
        using FineTuneWithDispersionTransformer model = Trainer().Fit(KeyedBy(row => row.Text = odd[(int)row.Id % odd.Length], 24));
        Assert.All(Tuning.Scores(_ml, model, odd), score => Assert.InRange(score, 0, 1));
    }

    [Fact]
    public void Fit_LossBecomesNaN_NamesTheStepAndTheCause()
    {
        FineTuneOptions options = Tuning.Options(epochs: 3);
        options.LearningRate = 1e30;
        options.MaxGradNorm = null;
        var error = Assert.Throws<TrainingDivergedException>(() => Trainer(options).Fit(Tuning.KeyedRows(_ml, 24)));
        Assert.InRange(error.Step, 1, 9);
        Assert.Contains($"Step {error.Step} of 9", error.Message, StringComparison.Ordinal);
        Assert.Contains("Likely cause", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_LossBecomesNaNLater_KeepsTheBestWeightsWithOneWarning()
    {
        var log = new LogRecorder(_ml);
        FineTuneOptions options = Tuning.Options(epochs: 40);
        options.MicroBatchSize = 24;
        options.ValidationFraction = 0.25;
        options.EarlyStoppingPatience = null;
        options.LearningRate = 1e12;
        options.WarmupRatio = 1;
        options.MaxGradNorm = null;
        using FineTuneWithDispersionTransformer model = Trainer(options).Fit(Tuning.KeyedRows(_ml, 24));
        Assert.Equal(FineTuneStopReason.Diverged, model.TrainingResult!.StopReason);
        Assert.Equal(model.TrainingResult.Warning, Assert.Single(log.Warnings));
        Assert.All(Tuning.Scores(_ml, model, "cat"), score => Assert.InRange(score, 0, 1));
    }

    [Fact]
    public void Fit_BackboneIsMissing_NamesTheFile()
    {
        var nowhere = ModelSource.FromSource("nowhere", new DirectorySource(Path.Combine(Path.GetTempPath(), "there-is-no-such-directory")));
        var error = Assert.Throws<ModelFileException>(() => _ml.FineTuneWithDispersion(backbone: nowhere, options: Tuning.Brief()).Fit(Tuning.KeyedRows(_ml, 12)));
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }

    private FineTuneWithDispersionEstimator Trainer(FineTuneOptions? options = null) =>
        _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options ?? Tuning.Brief());

    // The key values are those of the untouched rows.
    private IDataView KeyedBy(Action<TextRow> edit, int count)
    {
        var mapping = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Rows.View(_ml, 9));
        List<TextRow> rows = Rows.Labelled(count);
        rows.ForEach(edit);
        return mapping.Transform(_ml.Data.LoadFromEnumerable(rows));
    }
}
