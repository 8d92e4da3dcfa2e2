using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.BinaryClassification;
using MLNet.Dispersion.Tests.Embeddings;
using MLNet.Dispersion.Tests.Instructions;
using MLNet.Dispersion.Tests.Ranking;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

/// <summary>
/// A program that names none of our types loads a model and scores with it. This is what breaks first when a new ML.NET moves the members that
/// automatic loading rests on, and nothing else would tell: without them the assembly still compiles and is silently not found.
/// </summary>
public sealed class FreshProcessTests(TrainedModel trained) : IClassFixture<TrainedModel>
{
    private static readonly string[] Texts = ["a cat", "red and green", "five", "horse mouse sheep", "two 👍🏽"];

    [Fact]
    public async Task Load_InAProcessThatNeverNamedOurTypes_PredictsTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        trained.Ml.Model.Save(trained.Chain, trained.Data.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path);

        Assert.Equal("loaded before: False", lines[0]);
        IDataView data = trained.Ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text }));
        string[] expected = [.. trained.Ml.Data.CreateEnumerable<NamedPrediction>(trained.Chain.Transform(data), reuseRowObject: false).Select(Describe)];
        Assert.Equal(expected, lines[1..(1 + Texts.Length)]);
        using var engine = trained.Ml.Model.CreatePredictionEngine<TextRow, NamedPrediction>(trained.Chain, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(Texts.Select(text => Describe(engine.Predict(new TextRow { Text = text }))), lines[(1 + Texts.Length)..]);
    }

    [Fact]
    public async Task Load_GeometryInAProcessThatNeverNamedOurTypes_MeasuresTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        EmbeddingGeometryTransformer geometry = trained.Ml.MeasureEmbeddingGeometry("Copy", trained.Chain, GeometryRow.Options())
            .Fit(trained.Ml.Transforms.CopyColumns("Copy", "Text").Fit(trained.Data).Transform(trained.Data));
        var chain = new TransformerChain<ITransformer>(trained.Ml.Transforms.CopyColumns("Copy", "Text").Fit(trained.Data), geometry);
        trained.Ml.Model.Save(chain, trained.Data.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "geometry");

        Assert.Equal("loaded before: False", lines[0]);
        IDataView data = trained.Ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text }));
        Assert.Equal(GeometryRow.Read(trained.Ml, chain.Transform(data)).Select(Describe), lines[1..(1 + Texts.Length)]);
        using var engine = trained.Ml.Model.CreatePredictionEngine<TextRow, GeometryRow>(chain, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(Texts.Select(text => Describe(engine.Predict(new TextRow { Text = text }))), lines[(1 + Texts.Length)..]);
    }

    [Fact]
    public async Task Load_LanguageModelInAProcessThatNeverNamedOurTypes_GivesTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        using LanguageModelTransformer transformer = trained.Ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, LanguageRow.Options()).Fit(trained.Data);
        trained.Ml.Model.Save(transformer, trained.Data.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "language");

        Assert.Equal("loaded before: False", lines[0]);
        IDataView data = trained.Ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text }));
        Assert.Equal(LanguageRow.Read(trained.Ml, transformer.Transform(data)).Select(Describe), lines[1..(1 + Texts.Length)]);
        using var engine = trained.Ml.Model.CreatePredictionEngine<TextRow, LanguageRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(Texts.Select(text => Describe(engine.Predict(new TextRow { Text = text }))), lines[(1 + Texts.Length)..]);
    }

    [Fact]
    public async Task Load_RegressionInAProcessThatNeverNamedOurTypes_PredictsTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        IDataView rows = trained.Ml.Data.LoadFromEnumerable(NumberedRow.Rows(20, seed: 1));
        using FineTuneRegressionWithDispersionTransformer transformer = trained.Ml.FineTuneRegressionWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(rows);
        trained.Ml.Model.Save(transformer, rows.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "regression");

        Assert.Equal("loaded before: False", lines[0]);
        NumberedRow[] read = [.. Texts.Select(text => new NumberedRow { Text = text })];
        IDataView scored = transformer.Transform(trained.Ml.Data.LoadFromEnumerable(read));
        Assert.Equal(trained.Ml.Data.CreateEnumerable<NumberedScore>(scored, reuseRowObject: false).Select(Describe), lines[1..(1 + Texts.Length)]);
        using var engine = trained.Ml.Model.CreatePredictionEngine<NumberedRow, NumberedScore>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(read.Select(row => Describe(engine.Predict(row))), lines[(1 + Texts.Length)..]);
    }

    [Fact]
    public async Task Load_BinaryClassifierInAProcessThatNeverNamedOurTypes_AnswersTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        IDataView rows = trained.Ml.Data.LoadFromEnumerable(BinaryRow.Rows(20, seed: 1));
        using var transformer = trained.Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(rows);
        trained.Ml.Model.Save(transformer, rows.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "binary");

        Assert.Equal("loaded before: False", lines[0]);
        BinaryRow[] read = [.. Texts.Select(text => new BinaryRow { Text = text })];
        Assert.Equal(BinaryPipelineTests.Answers(transformer, trained.Ml.Data.LoadFromEnumerable(read)).Select(Describe), lines[1..(1 + Texts.Length)]);
        using var engine = trained.Ml.Model.CreatePredictionEngine<BinaryRow, BinaryAnswer>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(read.Select(row => Describe(engine.Predict(row))), lines[(1 + Texts.Length)..]);
    }

    [Fact]
    public async Task Load_InstructionsInAProcessThatNeverNamedOurTypes_AnswersTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        var options = new FineTuneInstructionsOptions { Backbone = TinyBackbone.Backbone, PromptColumnName = "Text", CompletionColumnName = "Label", Training = Tuning.Brief(), Generation = { MaxNewTokens = 5 } };
        using var transformer = trained.Ml.Transforms.Text.FineTuneInstructionsWithDispersion(options).Fit(Rows.View(trained.Ml, 12));
        trained.Ml.Model.Save(transformer, trained.Data.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "instructions");

        Assert.Equal("loaded before: False", lines[0]);
        IDataView data = trained.Ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text, Label = "" }));
        string[] expected = [.. trained.Ml.Data.CreateEnumerable<AnswerRow>(transformer.Transform(data), reuseRowObject: false).Select(Describe)];
        Assert.Equal([.. expected, .. expected], lines[1..]);
    }

    internal static string Describe(AnswerRow answer) => string.Create(CultureInfo.InvariantCulture, $"{answer.TokenCount} {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(answer.Answer))}");

    [Fact]
    public async Task Load_EmbeddingsInAProcessThatNeverNamedOurTypes_GivesTheSameVectors()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        IDataView rows = trained.Ml.Data.LoadFromEnumerable(PairRow.Rows(12, seed: 1));
        using var transformer = trained.Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(rows);
        trained.Ml.Model.Save(transformer, rows.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "embedding");

        Assert.Equal("loaded before: False", lines[0]);
        Assert.Equal(transformer.Embedder.Embed(Texts).Select(Describe), lines[1..(1 + Texts.Length)]);
        Assert.Equal(Texts.Select(text => Describe(transformer.Embedder.Embed([text])[0])), lines[(1 + Texts.Length)..]);

        static string Describe(float[] vector) => string.Join(' ', vector.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Load_RankingInAProcessThatNeverNamedOurTypes_ScoresTheSame()
    {
        using var model = new TemporaryFile();
        using var texts = new TemporaryFile();
        IDataView rows = trained.Ml.Data.LoadFromEnumerable(RankedRow.Rows(4, seed: 1).Select(row => new { Text = row.Query, row.Document, row.Label, row.GroupId }));
        using var transformer = trained.Ml.Ranking.Trainers.FineTuneRankingWithDispersion(queryColumnName: "Text", backbone: TinyBackbone.Backbone, options: Tuning.Brief()).Fit(rows);
        trained.Ml.Model.Save(transformer, rows.Schema, model.Path);
        await File.WriteAllLinesAsync(texts.Path, Texts);

        string[] lines = await RunAsync("FreshProcessLoad.dll", model.Path, texts.Path, "ranking");

        Assert.Equal("loaded before: False", lines[0]);
        Assert.Equal(transformer.Ranker.Score(Texts, [.. Texts.Select(_ => "a refund")]).Values.Select(score => score.ToString("R", CultureInfo.InvariantCulture)), lines[1..(1 + Texts.Length)]);
    }

    internal static string Describe(BinaryAnswer answer) => string.Create(CultureInfo.InvariantCulture, $"{answer.PredictedLabel} {answer.Score:R} {answer.Probability:R}");

    internal static string Describe(NumberedScore score) => score.Score.ToString("R", CultureInfo.InvariantCulture);

    internal static string Describe(LanguageRow row) =>
        string.Join(' ', row.Figures.Select(value => value.ToString("R", CultureInfo.InvariantCulture)).Append(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(row.Written!))));

    internal static string Describe(GeometryRow row) => string.Join(' ', row.Figures.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    internal static string Describe(NamedPrediction prediction) =>
        string.Join(' ', prediction.Score.Select(score => score.ToString("R", CultureInfo.InvariantCulture)).Prepend(prediction.PredictedLabel ?? ""));

    internal static async Task<string[]> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}{await output}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
