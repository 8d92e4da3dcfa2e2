using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

/// <summary>A real model in a GGUF file through ML.NET: what is saved of it needs the file no more, and loads in a process that knows nothing but ML.NET.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class RealModelTests : IDisposable
{
    private static readonly string[] Texts = ["A cold rain fell.", "The soup is hot.", "five", "two 👍🏽"];

    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-gguf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    [Trait("Category", "Long")]
    public async Task Classifier_OfAGguf_IsSelfContained()
    {
        IDataView data = Rows.View(_ml, 24);
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(_ml, backbone: Model(), options: Options())
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        ITransformer model = pipeline.Fit(data);
        string[] lines = await Reloaded(model, data.Schema);

        AssertSame<TextRow, NamedPrediction>(model, [.. Texts.Select(text => new TextRow { Text = text })], FreshProcessTests.Describe, lines);
    }

    [SkippableFact]
    [Trait("Category", "Long")]
    public async Task Regression_OfAGguf_IsSelfContained()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(NumberedRow.Rows(12, seed: 1));
        var model = _ml.FineTuneRegressionWithDispersion(backbone: Model(), options: Options()).Fit(data);
        string[] lines = await Reloaded(model, data.Schema, "regression");

        AssertSame<NumberedRow, NumberedScore>(model, [.. Texts.Select(text => new NumberedRow { Text = text })], FreshProcessTests.Describe, lines);
    }

    [SkippableFact]
    [Trait("Category", "Long")]
    public async Task LanguageModel_OfAGguf_IsSelfContained()
    {
        IDataView data = Rows.View(_ml, 4);
        LanguageModelTransformer model = _ml.ApplyLanguageModel("Text", Model(), LanguageRow.Options()).Fit(data);
        string[] lines = await Reloaded(model, data.Schema, "language");

        AssertSame<TextRow, LanguageRow>(model, [.. Texts.Select(text => new TextRow { Text = text })], FreshProcessTests.Describe, lines);
    }

    /// <summary>In bulk and one by one: sums over padded rows round otherwise.</summary>
    private void AssertSame<TRow, TResult>(ITransformer model, TRow[] rows, Func<TResult, string> describe, string[] lines)
        where TRow : class
        where TResult : class, new()
    {
        string[] bulk = [.. _ml.Data.CreateEnumerable<TResult>(model.Transform(_ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false).Select(describe)];
        using var engine = _ml.Model.CreatePredictionEngine<TRow, TResult>(model);
        Assert.Equal(["loaded before: False", .. bulk, .. rows.Select(row => describe(engine.Predict(row)))], lines);
    }

    private static FineTuneOptions Options()
    {
        FineTuneOptions options = Tuning.Brief();
        (options.MaxSequenceLength, options.Lora) = (24, new LoraOptions { Rank = 4 });
        return options;
    }

    /// <summary>A copy of the first model that is there, so that the file can go.</summary>
    private ModelSource Model()
    {
        string? file = Directory.EnumerateDirectories(SharedFixtures.Path("models")).SelectMany(folder => Directory.EnumerateFiles(folder, "*.gguf")).Order(StringComparer.Ordinal).FirstOrDefault();
        Skip.If(file is null, "There is no model in a GGUF file.");
        string copy = Path.Combine(_folder, "model.gguf");
        File.Copy(file!, copy);
        return ModelSource.FromGguf(copy);
    }

    private async Task<string[]> Reloaded(ITransformer model, DataViewSchema schema, params string[] kind)
    {
        string zip = Path.Combine(_folder, "model.zip"), texts = Path.Combine(_folder, "texts.txt");
        _ml.Model.Save(model, schema, zip);
        File.Delete(Path.Combine(_folder, "model.gguf"));
        await File.WriteAllLinesAsync(texts, Texts);
        return await FreshProcessTests.RunAsync("FreshProcessLoad.dll", [zip, texts, .. kind]);
    }
}
