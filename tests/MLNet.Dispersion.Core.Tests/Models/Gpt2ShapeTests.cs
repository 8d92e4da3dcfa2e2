using TorchSharp;

namespace MLNet.Dispersion.Tests.Models;

public sealed class Gpt2ShapeTests
{
    [Theory]
    [InlineData(null, 128)]
    [InlineData(48, 48)]
    public void CreateModel_HasTheShapeAskedFor(int? mlpWidth, int inner)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TinyBackbone.Backbone.Source);
        using PretrainedLanguageModel model = new Gpt2Shape(3, 32, 4, 20, mlpWidth).CreateModel("fresh", tokenizer, seed: 5);
        var info = model.Backbone.Info;
        var parameters = model.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);

        Assert.Equal((3, 32, 20, tokenizer.VocabularySize, tokenizer.EosTokenId), (info.LayerCount, info.HiddenSize, info.ContextLength, info.VocabularySize, info.EosTokenId));
        Assert.Equal([32, inner], parameters["transformer.h.2.mlp.c_fc.weight"].shape);
        Assert.InRange(parameters["transformer.wte.weight"].std().ToDouble(), 0.019, 0.021);
    }

    [Fact]
    public void CreateModel_SameSeed_GivesTheSameWeightsAndAnotherOthers()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TinyBackbone.Backbone.Source);
        var shape = new Gpt2Shape(1, 16, 2, 8);
        using var one = shape.CreateModel("one", tokenizer, -3);
        using var same = shape.CreateModel("same", tokenizer, -3);
        using var other = shape.CreateModel("other", tokenizer, 4);

        Assert.True(one.Backbone.TokenEmbeddingWeight!.eq(same.Backbone.TokenEmbeddingWeight!).all().ToBoolean());
        Assert.False(one.Backbone.TokenEmbeddingWeight!.eq(other.Backbone.TokenEmbeddingWeight!).any().ToBoolean());
    }

    [Fact]
    public void CreateModel_WrongSizes_AreNamed() =>
        Assert.Contains("n_head", Assert.Throws<ModelFileException>(() => new Gpt2Shape(1, 16, 3, 8).CreateModel("odd", TextTokenizer.Load(TinyBackbone.Backbone.Source), 1)).Message, StringComparison.Ordinal);
}
