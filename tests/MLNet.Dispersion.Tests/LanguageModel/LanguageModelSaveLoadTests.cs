using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.LanguageModel;

public sealed class LanguageModelSaveLoadTests
{
    private static readonly string?[] Texts = ["a cat", "red and green", null, "five", "👍🏽 emoji", "horse mouse sheep"];
    private static readonly StoredFile[] Files = [new("config.json", 12, [.. Enumerable.Range(1, 32).Select(i => (byte)i)])];
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Load_TrainedModel_GivesTheSameRows()
    {
        FineTuneOptions training = Tuning.Brief();
        LanguageModelOptions options = LanguageRow.Options();
        options.Features = new TextFeatureOptions { Pooling = TextPooling.LastToken, Normalize = false, MaxTokens = 7 };
        options.Generation.StopSequences = ["e", "👍"];
        using LanguageModelTransformer transformer = _ml.FineTuneLanguageModelWithDispersion("Text", TinyBackbone.Backbone, training, options).Fit(Rows.View(_ml, 20));
        using var loaded = Assert.IsType<LanguageModelTransformer>(Reload(transformer));
        AssertSame(transformer, loaded);
        Assert.Equal((transformer.BackboneName, 7, 32, "Text"), (loaded.BackboneName, loaded.MaxTokens, loaded.FeatureCount, loaded.TextColumnName));
        Assert.Null(loaded.TrainingResult);
        Assert.Equal([0, 2], loaded.GeometryHistory.Select(snapshot => snapshot.Step));
        Assert.Equal(transformer.GeometryHistory.Select(snapshot => snapshot.Profile.ToString()), loaded.GeometryHistory.Select(snapshot => snapshot.Profile.ToString()));
        using var again = Assert.IsType<LanguageModelTransformer>(Reload(loaded));
        AssertSame(transformer, again);
    }

    [Fact]
    public void Load_CenteredFeaturesOfAnInnerLayer_KeepsWhatFitLearnt()
    {
        LanguageModelOptions options = LanguageRow.Options();
        options.Features = new TextFeatureOptions { SkipFirstToken = true, Layer = 1 };
        (options.CenterFeatures, options.CenteringTexts, options.CenteringDirections) = (true, 7, 2);
        IDataView data = Rows.View(_ml, 20);
        using LanguageModelTransformer transformer = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, options).Fit(data);
        using var loaded = Assert.IsType<LanguageModelTransformer>(Reload(transformer));
        AssertSame(transformer, loaded);

        string[] texts = [.. data.GetColumn<string>("Text")];
        TextFeatureExtractor expected = new TextFeatureExtractor(transformer.LanguageModel, new() { SkipFirstToken = true, Layer = 1 }).Center([.. texts.Where(text => !string.IsNullOrWhiteSpace(text)).Take(7)], directions: 2);
        float[][] vectors = [.. loaded.Transform(data).GetColumn<float[]>(options.FeaturesColumnName)];
        Assert.Equal(expected.Extract(texts, likelihoods: false).Select(text => text.Embedding), vectors);
    }

    [Fact]
    public void Load_InAChain_GivesTheSameRows()
    {
        IDataView data = Rows.View(_ml, 5);
        using var chain = _ml.Transforms.CopyColumns("Copy", "Text").Append(_ml.ApplyLanguageModel("Copy", TinyBackbone.Backbone, LanguageRow.Options())).Fit(data);
        ITransformer loaded = Reload(chain);
        AssertSame(chain, loaded);
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void Load_WeightsDamaged_NamesTheFile()
    {
        using LanguageModelTransformer transformer = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone).Fit(Rows.View(_ml, 1));
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, Rows.View(_ml, 1).Schema, stream);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            zip.Entries.Single(entry => entry.FullName.EndsWith("model.safetensors", StringComparison.Ordinal)).Delete();
        }

        stream.Position = 0;
        string errors = $"{Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(stream, out _))}";
        Assert.Contains("model.safetensors", errors, StringComparison.Ordinal);
        Assert.Contains("no such file", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadManifest_WhatWasWritten_IsTheSame()
    {
        LanguageModelOptions options = LanguageRow.Options();
        options.PerplexityColumnName = null;
        options.Generation.TopP = 0.9;
        options.Generation.RepetitionPenalty = 1.5;
        options.Generation.StopAtEndOfText = false;
        options.Generation.StopSequences = ["a", "\n\n"];
        LanguageModelManifest again = Read(Written("Tiny 👍", options));
        Assert.Equal(("Text", "Tiny 👍", 1), (again.TextColumn, again.BackboneName, again.Files.Count));
        Assert.Equal(Written("Tiny 👍", options), Written("Tiny 👍", again.Options));
        Assert.Equal((null, "Written", 30, 0.9), (again.Options.PerplexityColumnName, again.Options.ContinuationColumnName, again.Options.Generation.TopK, again.Options.Generation.TopP));
        Assert.Equal(["a", "\n\n"], again.Options.Generation.StopSequences);
    }

    [Fact]
    public void ReadManifest_CutOffAnywhere_SaysThatTheFileIsDamaged()
    {
        byte[] bytes = Written("b", LanguageRow.Options());
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Contains("damaged", Assert.Throws<FormatException>(() => Read(bytes[..length])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadManifest_NewerVersionOrImpossibleValue_SaysSo()
    {
        byte[] bytes = Written("b", LanguageRow.Options());
        bytes[0] = 9;
        string message = Assert.Throws<FormatException>(() => Read(bytes)).Message;
        Assert.Contains("version 9", message, StringComparison.Ordinal);
        Assert.Contains("language model", message, StringComparison.Ordinal);
        Assert.Contains("backbone without a name", Assert.Throws<FormatException>(() => Read(Written(" ", LanguageRow.Options()))).Message, StringComparison.Ordinal);
        LanguageModelOptions options = LanguageRow.Options();
        options.Generation.MaxNewTokens = -3;
        Assert.Contains("MaxNewTokens is -3", Assert.Throws<FormatException>(() => Read(Written("b", options))).Message, StringComparison.Ordinal);
    }

    private static byte[] Written(string backbone, LanguageModelOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            new LanguageModelManifest("Text", backbone, options, Files).Write(writer);
        }

        return stream.ToArray();
    }

    private static LanguageModelManifest Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        LanguageModelManifest manifest = LanguageModelManifest.Read(reader);
        Assert.Equal(bytes.Length, reader.BaseStream.Position);
        return manifest;
    }

    private ITransformer Reload(ITransformer transformer)
    {
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, Rows.View(_ml, 1).Schema, stream);
        return new MLContext(seed: 2).Model.Load(stream, out _);
    }

    private void AssertSame(ITransformer expected, ITransformer actual)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Texts.Select(text => new TextRow { Text = text }));
        IDataView before = expected.Transform(data);
        IDataView after = actual.Transform(data);
        Assert.Equal(before.Schema.Select(column => (column.Name, column.Type.ToString())), after.Schema.Select(column => (column.Name, column.Type.ToString())));
        var pairs = LanguageRow.Read(_ml, before).Zip(LanguageRow.Read(_ml, after));
        Assert.All(pairs, pair => Assert.Equal(pair.First.Figures, pair.Second.Figures));
        Assert.All(pairs, pair => Assert.Equal(pair.First.Written, pair.Second.Written));
    }
}
