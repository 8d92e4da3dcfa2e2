using Microsoft.Extensions.AI;

namespace MLNet.Dispersion.Tests.AI;

public sealed class EmbeddingGeneratorTests : IDisposable
{
    private readonly TextEmbedder _embedder = TextEmbedder.FromPretrained(TinyBackbone.Backbone, device: "cpu");

    public void Dispose() => _embedder.Dispose();

    [Fact]
    public async Task GenerateAsync_Texts_GivesTheEmbeddersVectors()
    {
        string[] texts = ["a refund", "", "the parcel is broken"];
        using IEmbeddingGenerator<string, Embedding<float>> generator = _embedder.AsIEmbeddingGenerator();

        GeneratedEmbeddings<Embedding<float>> found = await generator.GenerateAsync(texts);

        Assert.Equal(_embedder.Embed(texts), found.Select(embedding => embedding.Vector.ToArray()));
        Assert.All(found, embedding => Assert.Equal(_embedder.LanguageModel.Name, embedding.ModelId));
        var metadata = (EmbeddingGeneratorMetadata)generator.GetService(typeof(EmbeddingGeneratorMetadata))!;
        Assert.Equal((_embedder.OutputCount, _embedder.LanguageModel.Name), (metadata.DefaultModelDimensions, metadata.DefaultModelId));
        Assert.Same(_embedder, generator.GetService(typeof(TextEmbedder)));
        Assert.Null(generator.GetService(typeof(TextEmbedder), "other"));
    }

    [Fact]
    public async Task GenerateAsync_FewerDimensions_CutsAndScales()
    {
        var options = new EmbeddingGenerationOptions { Dimensions = 8, ModelId = _embedder.LanguageModel.Name };

        float[] cut = (await _embedder.AsIEmbeddingGenerator().GenerateAsync(["a refund"], options))[0].Vector.ToArray();

        float[] whole = _embedder.Embed(["a refund"])[0];
        Assert.Equal(1, cut.Sum(value => value * value), 1e-5);
        Assert.Equal(1, TextEmbedder.Cosine(cut, whole.AsSpan(0, 8)), 1e-5);
    }

    [Fact]
    public async Task GenerateAsync_WhatIsNotDone_IsRefusedByName()
    {
        IEmbeddingGenerator<string, Embedding<float>> generator = _embedder.AsIEmbeddingGenerator();

        Assert.Contains("Dimensions is 33", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Generate(new() { Dimensions = 33 }))).Message, StringComparison.Ordinal);
        Assert.Contains("ModelId is 'other'", (await Assert.ThrowsAsync<ArgumentException>(() => Generate(new() { ModelId = "other" }))).Message, StringComparison.Ordinal);
        Assert.Contains("AdditionalProperties", (await Assert.ThrowsAsync<NotSupportedException>(() => Generate(new() { AdditionalProperties = new() { ["prompt"] = "query" } }))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["a"], cancellationToken: new CancellationToken(canceled: true)));

        async Task Generate(EmbeddingGenerationOptions options) => await generator.GenerateAsync(["a"], options);
    }
}
