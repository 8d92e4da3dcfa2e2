using MLNet.Dispersion.Tests.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Inference;

public sealed class TextFeatureExtractorTests
{
    private static readonly string?[] Texts = ["please refund my payment", null, "the", "error again today it was broken", "  ", "the courier 👍🏽", "my parcel is the", "e"];

    public static TheoryData<string, TextPooling, bool> Settings() => new()
    {
        { "tiny", TextPooling.Mean, false }, { "tiny", TextPooling.Mean, true }, { "tiny", TextPooling.LastToken, false }, { "tiny", TextPooling.LastToken, true },
        { "llama", TextPooling.Mean, true }, { "tiny", TextPooling.FirstToken, true }, { "tiny", TextPooling.Max, false }, { "tiny", TextPooling.MeanSqrtLength, false },
        { "llama", TextPooling.WeightedMean, false }, { "tiny", TextPooling.Family, true }, { "llama", TextPooling.LastToken, false },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Extract_AnySetting_EqualsOneTextAtATime(string name, TextPooling pooling, bool normalize)
    {
        using PretrainedLanguageModel model = Load(name);
        var extractor = new TextFeatureExtractor(model, new TextFeatureOptions { Pooling = pooling, Normalize = normalize });
        TextFeatures[] found = extractor.Extract(Texts);
        Assert.Equal((0, Texts.Length), (found.Count(text => text.Truncated), found.Length));
        for (int i = 0; i < Texts.Length; i++)
        {
            int[] ids = Begun(model, Texts[i], out int before);
            Assert.Equal(ids.Length - before, found[i].TokenCount);
            Assert.Equal(model.Backbone.Info.HiddenSize, found[i].Embedding!.Length);
            if (ids.Length == before)
            {
                Assert.All(found[i].Embedding!, value => Assert.Equal(0, value));
                Assert.Equal((0.0, double.NaN), (found[i].LogLikelihood!.Value, found[i].Perplexity!.Value));
                continue;
            }

            // The bounds of the library's other figures against naive ones: some roundings of float32.
            AssertNear(Naive(model, ids, before, pooling, normalize), found[i].Embedding!);
            double expected = NaiveLikelihood.Of(model, ids, before).LogLikelihood;
            Assert.Equal(expected, found[i].LogLikelihood!.Value, 1e-4);
            Assert.Equal(Math.Exp(-expected / (ids.Length - before)), found[i].Perplexity!.Value, 1e-4 * Math.Exp(-expected / (ids.Length - before)));
        }
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("llama")]
    public void Center_SkippingTheFirstToken_SubtractsTheCommonMean(string name)
    {
        using PretrainedLanguageModel model = Load(name);
        var extractor = new TextFeatureExtractor(model, new TextFeatureOptions { SkipFirstToken = true }).Center(Texts);
        double[][] pooled = [.. Texts.Select(text => Begun(model, text, out int before) is var ids && ids.Length > before
            ? Naive(model, ids, Math.Min(before + 1, ids.Length - 1), TextPooling.Mean, normalize: false).Select(value => (double)value).ToArray() : [])];
        double[][] real = [.. pooled.Where(vector => vector.Length > 0)];
        double[] mean = [.. Enumerable.Range(0, extractor.FeatureCount).Select(i => real.Average(vector => vector[i]))];

        Assert.Equal(mean.Length, extractor.Options.Mean!.Count);
        TextFeatures[] found = extractor.Extract(Texts, likelihoods: false);

        for (int i = 0; i < Texts.Length; i++)
        {
            double[] centred = [.. pooled[i].Zip(mean, (value, common) => value - common)];
            double length = Math.Sqrt(centred.Sum(value => value * value));
            Assert.Equal(pooled[i].Length == 0 ? new double[mean.Length] : [.. centred.Select(value => value / length)], found[i].Embedding!.Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-4);
        }
    }

    [Fact]
    public void Center_WithDirections_TakesOutThoseInWhichTextsDifferMost()
    {
        using PretrainedLanguageModel model = Load("tiny");
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => $"the {(i % 3 == 0 ? "payment" : "courier")} is {i * i} and {(i % 2 == 0 ? "broken" : "my")} error {i}")];
        var plain = new TextFeatureExtractor(model, new TextFeatureOptions { Normalize = false });
        double[][] Vectors(TextFeatureExtractor extractor) => [.. extractor.Extract(texts, likelihoods: false).Select(text => text.Embedding!.Select(value => (double)value).ToArray())];

        TextFeatureExtractor centred = plain.Center(texts, directions: 2);

        double[][] directions = [.. centred.Options.Directions!.Select(direction => direction.Select(value => (double)value).ToArray())];
        Assert.Equal([1, 1, 0], new[] { Dot(directions[0], directions[0]), Dot(directions[1], directions[1]), Dot(directions[0], directions[1]) }, (a, b) => Math.Abs(a - b) < 1e-5);
        double[][] vectors = Vectors(plain.Center(texts));
        double total = vectors.Sum(vector => Dot(vector, vector));
        Assert.All(Vectors(centred), vector => Assert.All(directions, direction => Assert.InRange(Math.Abs(Dot(vector, direction)), 0, 1e-4 * Math.Sqrt(total))));

        // No direction that repeated multiplication finds holds more of them: of the vectors, and of what the first leaves.
        Assert.True(Held(vectors, directions[0]) >= Held(vectors, Found(vectors)) - (1e-5 * total));
        double[][] left = [.. vectors.Select(vector => vector.Zip(directions[0], (value, axis) => value - (Dot(vector, directions[0]) * axis)).ToArray())];
        Assert.True(Held(left, directions[1]) >= Held(left, Found(left)) - (1e-5 * total));

        static double Dot(double[] one, double[] other) => one.Zip(other, (a, b) => a * b).Sum();
        static double Held(double[][] vectors, double[] direction) => vectors.Sum(vector => Math.Pow(Dot(vector, direction), 2));
        static double[] Found(double[][] vectors)
        {
            double[] direction = [.. vectors[0]];
            for (int round = 0; round < 300; round++)
            {
                double[] next = new double[direction.Length];
                foreach (double[] vector in vectors)
                {
                    double along = Dot(vector, direction);
                    for (int i = 0; i < next.Length; i++)
                    {
                        next[i] += along * vector[i];
                    }
                }

                double length = Math.Sqrt(Dot(next, next));
                direction = [.. next.Select(value => value / length)];
            }

            return direction;
        }
    }

    [Theory]
    [InlineData("tiny", 0)]
    [InlineData("llama", 1)]
    public void Extract_AnInnerLayer_PoolsItsHiddenState(string name, int layer)
    {
        using PretrainedLanguageModel model = Load(name);
        TextFeatures[] found = new TextFeatureExtractor(model, new TextFeatureOptions { Layer = layer, Normalize = false }).Extract(Texts);
        TextFeatures[] usual = new TextFeatureExtractor(model).Extract(Texts);
        TextFeatures[] last = new TextFeatureExtractor(model, new TextFeatureOptions { Layer = model.Backbone.Info.LayerCount }).Extract(Texts);
        for (int i = 0; i < Texts.Length; i++)
        {
            int[] ids = Begun(model, Texts[i], out int before);
            if (ids.Length > before)
            {
                using var scope = NewDisposeScope();
                using var noGradient = no_grad();
                Tensor states = model.Backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.All).HiddenStates[layer]![0].to(ScalarType.Float64);
                AssertNear(states[before..].mean([0]).data<double>().ToArray(), found[i].Embedding!);
            }

            Assert.Equal(usual[i].LogLikelihood!.Value, found[i].LogLikelihood!.Value, 1e-5);
            Assert.Equal(usual[i].Embedding, last[i].Embedding);
        }
    }

    [Fact]
    public void Center_NothingToLearnOrOtherSizes_SaysSo()
    {
        using PretrainedLanguageModel model = Load("tiny");
        Assert.Contains("No text has tokens", Assert.Throws<ArgumentException>(() => new TextFeatureExtractor(model).Center([null, " "])).Message, StringComparison.Ordinal);
        Assert.Contains("Mean has 3 features", Assert.Throws<ArgumentException>(() => new TextFeatureExtractor(model, new() { Mean = [1, 2, 3] })).Message, StringComparison.Ordinal);
        Assert.Contains("SkipFirstToken", Assert.ThrowsAny<ArgumentException>(() => new TextFeatureExtractor(model, new() { Pooling = TextPooling.FirstToken, SkipFirstToken = true })).Message, StringComparison.Ordinal);
        Assert.Contains("Mean", Assert.ThrowsAny<ArgumentException>(() => new TextFeatureExtractor(model, new() { Mean = [float.NaN] })).Message, StringComparison.Ordinal);
        Assert.Contains("Directions has 2 features", Assert.Throws<ArgumentException>(() => new TextFeatureExtractor(model, new() { Directions = [[1, 2]] })).Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 1, one fewer than the 2 texts", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model).Center(["the", "error"], directions: 2)).Message, StringComparison.Ordinal);
        Assert.Contains("directions is -1", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model).Center(["the", "error"], directions: -1)).Message, StringComparison.Ordinal);
        Assert.Contains("Layer is 99", Assert.Throws<ArgumentException>(() => new TextFeatureExtractor(model, new() { Layer = 99 })).Message, StringComparison.Ordinal);
        Assert.Contains("Layer is 1", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model, new() { Layer = 1, Pooling = TextPooling.Family })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_OnlyPartsWanted_GivesThoseAlone()
    {
        using PretrainedLanguageModel model = Load("tiny");
        var extractor = new TextFeatureExtractor(model);
        TextFeatures[] all = extractor.Extract(Texts);
        TextFeatures[] vectors = extractor.Extract(Texts, likelihoods: false);
        TextFeatures[] scores = extractor.Extract(Texts, embeddings: false);
        TextFeatures[] counts = extractor.Extract(Texts, embeddings: false, likelihoods: false);
        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(all[i].Embedding, vectors[i].Embedding);
            Assert.Equal(all[i].LogLikelihood, scores[i].LogLikelihood);
            Assert.Equal((null, null, null), (vectors[i].LogLikelihood, vectors[i].Perplexity, scores[i].Embedding));
            Assert.Equal(all[i].TokenCount, counts[i].TokenCount);
            Assert.Null(counts[i].Embedding);
        }
    }

    [Fact]
    public void Extract_LongTexts_AreCutAndCounted()
    {
        using PretrainedLanguageModel model = Load("tiny");
        string longText = string.Join(' ', Enumerable.Repeat("payment is broken", 60));
        var whole = new TextFeatureExtractor(model);
        Assert.Equal(TinyBackbone.ContextLength - 1, whole.MaxTokens);
        TextFeatures filled = whole.Extract([longText]).Single();
        Assert.Equal((whole.MaxTokens, true), (filled.TokenCount, filled.Truncated));

        var brief = new TextFeatureExtractor(model, new TextFeatureOptions { MaxTokens = 3 });
        TextFeatures[] both = brief.Extract([longText, "the"]);
        TextFeatures cut = both[0];
        Assert.Equal([true, false], both.Select(text => text.Truncated));
        Assert.Equal((3, 3), (brief.MaxTokens, cut.TokenCount));
        int[] ids = Begun(model, longText, out int before)[..(before + 3)];
        AssertNear(Naive(model, ids, before, TextPooling.Mean, normalize: true), cut.Embedding!);
    }

    [Fact]
    public void Extract_ManyPasses_LeaveNoTensorBehindAndKeepTheOrder()
    {
        using PretrainedLanguageModel model = Load("tiny");
        string?[] many = [.. Enumerable.Range(0, 300).Select(i => string.Join(' ', Enumerable.Repeat("the error", i % 7)) + i)];
        var extractor = new TextFeatureExtractor(model);
        TextFeatures[] first = extractor.Extract(many);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        TextFeatures[] second = extractor.Extract([.. many.Reverse()]);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.All(first.Zip(second.Reverse()), pair => AssertNear([.. pair.First.Embedding!.Select(value => (double)value)], pair.Second.Embedding!));
    }

    [Fact]
    public void Extract_WeightsNotFinite_Throws()
    {
        using PretrainedLanguageModel model = Load("tiny");
        using (no_grad())
        {
            model.Backbone.parameters().First().fill_(double.NaN);
        }

        var extractor = new TextFeatureExtractor(model);
        Assert.Contains("NaN", Assert.Throws<InvalidOperationException>(() => extractor.Extract(["the"], likelihoods: false)).Message, StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<InvalidOperationException>(() => extractor.Extract(["the"], embeddings: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_BadOption_NamesValueAndLimit()
    {
        using PretrainedLanguageModel model = Load("tiny");
        Assert.Contains("MaxTokens is 0", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model, new() { MaxTokens = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("AttentionQuery", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model, new() { Pooling = TextPooling.Attention })).Message, StringComparison.Ordinal);
        Assert.Contains("AttentionQuery", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model, new() { AttentionQuery = [1] })).Message, StringComparison.Ordinal);
        Assert.Contains("has 1 features", Assert.Throws<ArgumentException>(() => new TextFeatureExtractor(model, new() { Pooling = TextPooling.Attention, AttentionQuery = [1] })).Message, StringComparison.Ordinal);
        Assert.Contains("Mean, LastToken", Assert.Throws<ArgumentOutOfRangeException>(() => new TextFeatureExtractor(model, new() { Pooling = (TextPooling)9 })).Message, StringComparison.Ordinal);
    }

    private static PretrainedLanguageModel Load(string name) =>
        name == "tiny" ? PretrainedLanguageModel.Load(TinyBackbone.Backbone) : TinyLlama.Create();

    /// <summary>The token that begins texts and the text's own.</summary>
    private static int[] Begun(PretrainedLanguageModel model, string? text, out int before)
    {
        before = 1;
        int[] ids = string.IsNullOrWhiteSpace(text) ? [] : model.Tokenizer.Encode(text).Ids;
        int begin = model.Tokenizer.BosTokenId ?? model.Tokenizer.EosTokenId!.Value;
        return ids is [var first, ..] && first == begin ? ids : [begin, .. ids];
    }

    private static double[] Naive(PretrainedLanguageModel model, int[] ids, int before, TextPooling pooling, bool normalize)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor states = model.Backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.None).LastHiddenState[0].to(ScalarType.Float64);
        Tensor own = states[before..];
        Tensor ranks = tensor(Enumerable.Range(1, ids.Length - before).Select(rank => (double)rank).ToArray(), ids.Length - before, 1);
        Tensor vector = pooling switch
        {
            TextPooling.Mean => own.mean([0]),
            TextPooling.FirstToken => own[0],
            TextPooling.Max => own.amax([0]),
            TextPooling.MeanSqrtLength => own.sum([0L]) / Math.Sqrt(ids.Length - before),
            TextPooling.WeightedMean => (own * ranks).sum([0L]) / ranks.sum(),
            _ => states[^1],
        };
        return (normalize ? vector / vector.norm() : vector).data<double>().ToArray();
    }

    private static void AssertNear(double[] expected, float[] found)
    {
        double scale = Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 2e-5 * scale));
    }
}
