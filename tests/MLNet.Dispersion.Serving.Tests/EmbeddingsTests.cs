using System.Text.Json;

namespace MLNet.Dispersion.Serving.Tests;

public sealed class EmbeddingsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Embeddings_Texts_AreTheEmbeddersVectors(bool asZip)
    {
        using var embedder = TextEmbedder.FromPretrained(TinyBackbone.Backbone, device: "cpu");
        await using RunningServer server = await RunningServer.Start(asZip ? SavedModels.Embedder : SavedModels.Checkpoint, options => options.ModelName = "vectors");
        string[] texts = ["refund my payment", "the parcel", "please"];
        float[][] expected = embedder.Embed(texts);

        JsonElement answer = await server.Json("/v1/embeddings", new { model = "vectors", input = texts });
        Assert.Equal(("list", "vectors"), (answer.GetProperty("object").GetString(), answer.GetProperty("model").GetString()));
        for (int i = 0; i < texts.Length; i++)
        {
            JsonElement one = answer.GetProperty("data")[i];
            Assert.Equal(("embedding", i), (one.GetProperty("object").GetString(), one.GetProperty("index").GetInt32()));
            Equal(expected[i], [.. one.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())]);
        }

        Assert.Equal(texts.Sum(text => embedder.LanguageModel.Tokenizer.Encode(text).Ids.Length), answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());

        JsonElement single = await server.Json("/v1/embeddings", new { model = "vectors", input = texts[1], encoding_format = "base64", dimensions = 8 });
        byte[] bytes = single.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        float[] cut = [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i))];
        Assert.Equal(8, cut.Length);
        Assert.Equal(1, cut.Sum(value => value * value), 1e-4);
        Assert.Equal(1, TextEmbedder.Cosine(cut, expected[1].AsSpan(0, 8)), 1e-4);
    }

    [Theory]
    [InlineData("""{"input":[1,2,3]}""", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"model":"embedder"}""", "input")]
    [InlineData("""{"input":"a","encoding_format":"int8"}""", "encoding_format")]
    [InlineData("""{"input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"input":"a","dimensions":33}""", "dimensions")]
    [InlineData("""{"input":"a","user":"someone"}""", "user")]
    [InlineData("""{"input":"a \ud800 b"}""", "input")]
    public async Task Embeddings_WhatIsNotDone_IsRefusedByName(string body, string parameter)
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Embedder);
        JsonElement error = await RunningServer.Error(await server.PostText("/v1/embeddings", body), 400);
        Assert.Equal(("invalid_request_error", parameter), (error.GetProperty("type").GetString(), error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Embeddings_TextLongerThanTheModelReads_IsRefusedUnlessCuttingIsAskedFor()
    {
        string text = string.Join(' ', Enumerable.Repeat("refund", 100));
        await using (RunningServer server = await RunningServer.Start(SavedModels.Embedder))
        {
            JsonElement error = await server.Refused("/v1/embeddings", new { input = text }, 400);
            Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
        }

        await using (RunningServer server = await RunningServer.Start(SavedModels.Embedder, options => options.TruncateTexts = true))
        {
            Assert.Equal(TinyBackbone.ContextLength, (await server.Json("/v1/embeddings", new { input = text })).GetProperty("usage").GetProperty("total_tokens").GetInt32());
        }
    }

    private static void Equal(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }
}
