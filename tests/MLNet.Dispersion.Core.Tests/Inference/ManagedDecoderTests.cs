using System.Runtime.Intrinsics;
using MLNet.Dispersion.Tests.Models;
using MLNet.Dispersion.Tests.Models.Families;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>The library's own decoder against torch, which other tests hold against the references.</summary>
public sealed class ManagedDecoderTests
{
    /// <summary>Some hundred roundings of float32 in a sum of another order, relative to the largest logit: as for torch behind a cache.</summary>
    private const double Bound = 2e-5;

    private static readonly (string Name, DecodeKernels Kernels)[] Widths =
    [
        ("128 bits", new DecodeKernels<Vector128<float>, Wide4>()),
        ("256 bits", new DecodeKernels<Vector256<float>, Wide8>()),
        ("512 bits", new DecodeKernels<Vector512<float>, Wide16>()),
    ];

    [Theory]
    [MemberData(nameof(SmallFamilies.Decoders), MemberType = typeof(SmallFamilies))]
    public void Read_EveryFamily_EqualsForwardOfTheWhole(string name)
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        foreach (var (width, kernels) in Widths)
        {
            AssertEqualsWhole(backbone, [3, 1, 8, 5, 2], 6, kernels, $"{name}, {width}");
            AssertEqualsWhole(backbone, [4], 7, kernels, $"{name}, one row, {width}");
        }
    }

    [Theory]
    [MemberData(nameof(CachedForwardTests.Configs), MemberType = typeof(CachedForwardTests))]
    public void Read_EverySetting_EqualsForwardOfTheWhole(string family, string setting)
    {
        using var generator = new Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(family, setting).ToJsonString(), generator);
        foreach (var parameter in backbone.parameters())
        {
            using var noGradient = no_grad();
            parameter.normal_(parameter.dim() == 1 ? 0.8 : 0, 0.4, generator);
        }

        AssertEqualsWhole(backbone, [3, 5], 5, DecodeKernels.Best, setting);
    }

    [Fact]
    public void Read_RowsKeptInAnotherOrder_GoesOnWithThose()
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = SmallFamilies.Backbone("llama");
        using KeyValueCache cache = backbone.CreateCache(3, 12)!;
        using var decoder = new ManagedDecoder(backbone, 3, 12);
        ReadByTorch(backbone, cache, [[1, 2, 3], [4], [5, 6]]);
        decoder.Read(cache, [[7], [8], [9]]);

        cache.Keep([2, 0]);
        decoder.Read(cache, [[10], [11]]);

        AssertNear(NaiveGeneration.Logits(backbone, [5, 6, 9, 10]), decoder.Logits(0), "first");
        AssertNear(NaiveGeneration.Logits(backbone, [1, 2, 3, 7, 11]), decoder.Logits(1), "second");
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void Read_LowRankAdapter_IsPartOfTheProducts(string name)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        double[] before = NaiveGeneration.Logits(backbone, [1, 2, 3, 4, 5, 6, 7]);
        using var generator = new Generator(5, CPU);
        LoraAdapter adapter = LoraAdapter.Create(backbone, new LoraOptions { Rank = 3, Alpha = 4 }, generator);
        using (no_grad())
        {
            foreach (AdaptedModule module in adapter.Modules)
            {
                module.Update.Up.uniform_(-0.2, 0.2, generator);
            }
        }

        adapter.Attach();
        Assert.NotEqual(before, NaiveGeneration.Logits(backbone, [1, 2, 3, 4, 5, 6, 7]));
        AssertEqualsWhole(backbone, [3, 1], 4, DecodeKernels.Best, name);
    }

    [Fact]
    public void Refusal_OtherAdaptersAndBackbones_NamesThem()
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone("llama");
        Assert.Null(ManagedDecoder.Refusal(backbone));
        using var generator = new Generator(5, CPU);
        LoraAdapter.Create(backbone, new LoraOptions { Rank = 3, Alpha = 4, UseDora = true }, generator).Attach();
        Assert.Contains("DoRA", ManagedDecoder.Refusal(backbone), StringComparison.Ordinal);

        using LanguageBackbone encoder = SmallFamilies.Backbone("bert");
        Assert.Contains("no spec of a decoder", ManagedDecoder.Refusal(encoder), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BFloat16Weights_EqualsTorchWithRoundedWeights()
    {
        foreach (string name in new[] { "llama", "gpt2", "falcon groups" })
        {
            using var scope = NewDisposeScope();
            using LanguageBackbone backbone = SmallFamilies.Backbone(name);
            using (no_grad())
            {
                foreach (var parameter in backbone.parameters().Where(parameter => parameter.dim() == 2))
                {
                    parameter.copy_(parameter.to(ScalarType.BFloat16));
                }
            }

            foreach (var (width, kernels) in Widths)
            {
                AssertEqualsWhole(backbone, [3, 1, 8, 5, 2], 3, kernels, $"{name}, {width}", type: GgufType.BF16);
                AssertEqualsWhole(backbone, [4], 3, kernels, $"{name}, one row, {width}", type: GgufType.BF16);
            }
        }
    }

    [Fact]
    public void Read_ManySteps_TakesNoMoreMemory()
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone("llama");
        const int Steps = 40;
        using KeyValueCache cache = backbone.CreateCache(1, Steps + 4)!;
        using var decoder = new ManagedDecoder(backbone, 1, Steps + 4);
        ReadByTorch(backbone, cache, [[1, 2]]);
        long tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        int[][] token = [[5]];
        long First()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            decoder.Read(cache, token);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        First();
        long early = First();
        for (int i = 3; i < Steps; i++)
        {
            decoder.Read(cache, token);
        }

        Assert.InRange(First(), 0, early);
        Assert.Equal(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Read_NoRoomOrNoToken_ThrowsAndChangesNothing()
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone("llama");
        using KeyValueCache cache = backbone.CreateCache(1, 4)!;
        using var decoder = new ManagedDecoder(backbone, 1, 4);
        Assert.False(decoder.CanRead(cache, [[1]]));
        ReadByTorch(backbone, cache, [[1, 2, 3]]);
        Assert.True(decoder.CanRead(cache, [[1]]));
        Assert.False(decoder.CanRead(cache, [[1, 2]]));

        Assert.Contains("outside the vocabulary", Assert.Throws<ArgumentException>(() => decoder.Read(cache, [[backbone.Info.VocabularySize]])).Message, StringComparison.Ordinal);
        Assert.Contains("outside the vocabulary", Assert.Throws<ArgumentException>(() => decoder.Read(cache, [[-1]])).Message, StringComparison.Ordinal);
        decoder.Read(cache, [[9]]);
        AssertNear(NaiveGeneration.Logits(backbone, [1, 2, 3, 9]), decoder.Logits(0), "");
        Assert.Contains("room for 0 columns", Assert.Throws<ArgumentException>(() => decoder.Read(cache, [[9]])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_EitherEngine_WritesTheSameAndSaysWhich()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string?[] prompts = ["please refund my payment", "", "the", "error again today it was broken"];
        GeneratedText[] Written(GenerationEngine engine) => [.. model.Generate(prompts, new TextGenerationOptions { MaxNewTokens = 20, Engine = engine })];

        GeneratedText[] managed = Written(GenerationEngine.Managed);
        GeneratedText[] torchs = Written(GenerationEngine.Torch);

        Assert.Equal(torchs.Select(text => text.TokenIds), managed.Select(text => text.TokenIds));
        Assert.All(managed, text => Assert.Null(text.TorchReason));
        Assert.All(torchs, text => Assert.Contains("Engine is Torch", text.TorchReason, StringComparison.Ordinal));
        Assert.All(Written(GenerationEngine.Auto), text => Assert.Null(text.TorchReason));
    }

    [Fact]
    public void Generate_DecoderThatCannot_ThrowsAtOnceOrLeavesItToTorch()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var generator = new Generator(5, CPU);
        LoraAdapter.Create(model.Backbone, new LoraOptions { Rank = 3, Alpha = 4, UseDora = true }, generator).Attach();

        Assert.Contains("DoRA", model.Generate(["the"], new TextGenerationOptions { MaxNewTokens = 3 })[0].TorchReason, StringComparison.Ordinal);
        Assert.Contains("DoRA", Assert.Throws<NotSupportedException>(() => model.GenerateStreaming("the", new TextGenerationOptions { Engine = GenerationEngine.Managed })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.TanhGelu)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.SquaredRelu)]
    [InlineData(Activation.Tanh)]
    public unsafe void Activate_EveryWidth_EqualsTorch(Activation activation)
    {
        using var scope = NewDisposeScope();
        float[] x = [.. Enumerable.Range(0, 1003).Select(i => (i - 501) / 25f), -1000, 1000, 0, float.NaN];
        float[] other = [.. x.Select((_, i) => (i % 7) - 3f)];
        float[] expected = activation.Apply(tensor(x)).data<float>().ToArray();
        foreach (var (width, kernels) in Widths)
        {
            float[] plain = new float[x.Length];
            float[] gated = new float[x.Length];
            fixed (float* from = x, by = other, to = plain, too = gated)
            {
                kernels.Activate(activation, from, null, to, x.Length);
                kernels.Activate(activation, from, by, too, x.Length);
            }

            for (int i = 0; i < x.Length; i++)
            {
                double allowed = 1e-6 * Math.Max(1, Math.Abs(expected[i]));
                Assert.True(Math.Abs(plain[i] - expected[i]) <= allowed || (float.IsNaN(plain[i]) && float.IsNaN(expected[i])), $"{width}: {activation} of {x[i]} is {plain[i]}, expected {expected[i]}");
                Assert.Equal(plain[i] * other[i], gated[i]);
            }
        }
    }

    /// <summary>Reads prompts by torch, then some tokens a row by the decoder, and holds each token's logits against a pass over the whole.</summary>
    private static void AssertEqualsWhole(LanguageBackbone backbone, int[] prompts, int steps, DecodeKernels kernels, string what, GgufType type = GgufType.F32)
    {
        using var scope = NewDisposeScope();
        Assert.Null(ManagedDecoder.Refusal(backbone));
        var random = new Random(3);
        int Token() => random.Next(backbone.Info.VocabularySize);
        List<int>[] rows = [.. prompts.Select(count => Enumerable.Range(0, count).Select(_ => Token()).ToList())];
        int capacity = prompts.Max() + steps;
        using KeyValueCache cache = backbone.CreateCache(rows.Length, capacity)!;
        using var decoder = new ManagedDecoder(backbone, rows.Length, capacity, type, kernels);
        ReadByTorch(backbone, cache, [.. rows.Select(row => row.ToArray())]);
        for (int step = 0; step < steps; step++)
        {
            int[][] tokens = [.. rows.Select(_ => new[] { Token() })];
            if (decoder.CanRead(cache, tokens))
            {
                decoder.Read(cache, tokens);
            }
            else
            {
                ReadByTorch(backbone, cache, tokens);
            }

            for (int row = 0; row < rows.Length; row++)
            {
                rows[row].Add(tokens[row][0]);
                AssertNear(NaiveGeneration.Logits(backbone, [.. rows[row]]), decoder.Logits(row), $"{what}: row {row}, step {step}");
            }
        }
    }

    private static void ReadByTorch(LanguageBackbone backbone, KeyValueCache cache, int[][] tokens)
    {
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Pad(tokens, padId: 0);
        backbone.Continue(cache, batch.InputIdsTensor(CPU), batch.AttentionMaskTensor(CPU));
    }

    private static void AssertNear(double[] expected, ReadOnlySpan<float> found, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        double scale = Math.Max(1, expected.Max(Math.Abs));
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - found[i]);
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        Assert.True(worst <= Bound * scale, $"{what}: error {worst:E2}, largest logit {scale}");
    }
}
