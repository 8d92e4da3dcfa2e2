using MLNet.Dispersion.Tests.Models.Families;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>Models whose matrices stay in the blocks of their GGUF file, beside the same ones unpacked; and matrices that are rounded to 8 bits when text is written.</summary>
public sealed class KeptBlockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-blocks-").FullName;

    private static readonly ModelLoadOptions Kept = new() { KeepQuantized = true };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string, bool> Files => new()
    {
        // Inputs first; heads that lie otherwise in the file; one matrix of queries, keys and values by head.
        { "gpt2", "\"n_inner\": 64", false },
        { "gpt2", "\"n_inner\": 64", true },
        { "llama", "\"intermediate_size\": 64", false },
        { "llama", "\"intermediate_size\": 64", true },
        { "gpt_neox", "\"intermediate_size\": 64", false },
        { "qwen2", "\"intermediate_size\": 64", true },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Forward_KeptBlocks_EqualsTheUnpackedModel(string family, string settings, bool isFourBits)
    {
        string file = Write(family, settings, isFourBits);
        using var whole = PretrainedLanguageModel.Load(ModelSource.FromGguf(file));
        using var kept = PretrainedLanguageModel.Load(ModelSource.FromGguf(file), Kept);

        Parameter[] freed = [.. kept.Backbone.parameters().Where(parameter => parameter.isnan().all().item<bool>())];
        Assert.NotEmpty(freed);
        Assert.All(freed, parameter => Assert.All(parameter.stride(), stride => Assert.Equal(0, stride)));
        Assert.Equal(whole.Backbone.parameters().Select(parameter => parameter.shape), kept.Backbone.parameters().Select(parameter => parameter.shape));
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            (whole.Backbone.ComputeType, kept.Backbone.ComputeType) = (type, type);
            double[] expected = NaiveGeneration.Logits(whole.Backbone, [1, 2, 3, 9, 4]);
            double[] found = NaiveGeneration.Logits(kept.Backbone, [1, 2, 3, 9, 4]);
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, (type == ScalarType.Float32 ? 1e-5 : 0.02) * expected.Max(Math.Abs)));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Decode_KeptBlocks_StaysWithinTheRoundingOfWhatMeetsThem(string family, string settings, bool isFourBits)
    {
        string file = Write(family, settings, isFourBits);
        using var whole = PretrainedLanguageModel.Load(ModelSource.FromGguf(file));
        using var kept = PretrainedLanguageModel.Load(ModelSource.FromGguf(file), Kept);
        Assert.Null(ManagedDecoder.Refusal(kept.Backbone));

        float[][] expected = Decoded(whole.Backbone, GgufType.F32);
        float[][] found = Decoded(kept.Backbone, GgufType.F32);

        AssertNear(expected, found);
        if (!isFourBits)
        {
            // All matrices are blocks here, and those stay as they are whatever the others are to be.
            Assert.Equal(found, Decoded(kept.Backbone, GgufType.Q8_0));
        }
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("falcon groups")]
    public void Decode_MatricesOf8Bits_StaysWithinTheRoundingAndIsTheSameAgain(string name)
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        float[][] found = Decoded(backbone, GgufType.Q8_0);

        AssertNear(Decoded(backbone, GgufType.F32), found);
        Assert.Equal(found, Decoded(backbone, GgufType.Q8_0));

        // Copies of several types stand side by side, and are as they were.
        Decoded(backbone, GgufType.BF16);
        Assert.Equal(found, Decoded(backbone, GgufType.Q8_0));
    }

    [Fact]
    public void Generate_KeptBlocksAnd8Bits_WritesAndStreams()
    {
        string file = Write("llama", "\"intermediate_size\": 64", isFourBits: true);
        using var kept = PretrainedLanguageModel.Load(ModelSource.FromGguf(file), Kept);
        string?[] prompts = ["please refund my payment", "", "the", "error again today it was broken"];
        foreach (GenerationPrecision? precision in Enum.GetValues<GenerationPrecision>().Cast<GenerationPrecision?>().Append(null))
        {
            var options = new TextGenerationOptions { MaxNewTokens = 6, Precision = precision, StopAtEndOfText = false, Temperature = 0 };
            Assert.All(kept.Generate(prompts, options), text => Assert.Equal((6, (string?)null), (text.TokenIds.Count, text.TorchReason)));
            Assert.Equal(kept.Generate(["the"], options)[0].Text, string.Concat(kept.GenerateStreaming("the", options)));
        }
    }

    [Fact]
    public void KeptBlocks_WhatNeedsNumbers_IsRefusedByName()
    {
        string file = Write("llama", "\"intermediate_size\": 64", isFourBits: true);
        using var kept = PretrainedLanguageModel.Load(ModelSource.FromGguf(file), Kept);
        using var generator = new Generator(5, CPU);
        Action[] refused =
        [
            () => kept.Save(Path.Combine(_folder, "saved")),
            () => kept.SaveGguf(Path.Combine(_folder, "saved.gguf")),
            () => _ = kept.MergedWeights().ToArray(),
            () => kept.AddAdapter(new LoraOptions { Rank = 2 }, generator),
            () => LanguageModelTrainer.Train(kept, [[3, 4, 5, 6]], new FineTuneOptions { MaxSteps = 1, WarmupRatio = 0, MicroBatchSize = 1, ValidationFraction = 0, GeometryProbe = null }),
        ];

        Assert.All(refused, action => Assert.Contains("KeepQuantized", Assert.Throws<NotSupportedException>(action).Message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(_folder, "saved")));
        Assert.Null(kept.Backbone.Adapter);
    }

    [Fact]
    public void Load_NothingThatCouldBeKept_SaysSo()
    {
        Assert.Contains("KeepQuantized", Assert.Throws<ArgumentException>(() => PretrainedLanguageModel.Load(TinyBackbone.Backbone, Kept)).Message, StringComparison.Ordinal);
        using (var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
        {
            model.SaveGguf(Path.Combine(_folder, "f16.gguf"));
        }

        Assert.Contains("no matrix of the types Q8_0 and Q4_1", Assert.Throws<ArgumentException>(() => PretrainedLanguageModel.Load(ModelSource.FromGguf(Path.Combine(_folder, "f16.gguf")), Kept)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileThatEndsWithinBlocks_NamesTheTensor()
    {
        string file = Write("llama", "\"intermediate_size\": 64", isFourBits: true);
        ModelSource source = ModelSource.FromGguf(file);
        using (FileStream stream = File.OpenWrite(file))
        {
            stream.SetLength(stream.Length / 2);
        }

        Assert.NotNull(Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(source, Kept)).Tensor);
    }

    private static float[][] Decoded(LanguageBackbone backbone, GgufType type)
    {
        using var scope = NewDisposeScope();
        using KeyValueCache cache = backbone.CreateCache(2, 5)!;
        using var decoder = new ManagedDecoder(backbone, 2, 5, type);
        ReadByTorch(backbone, cache, [[1, 2, 3], [4]]);
        decoder.Read(cache, [[7], [8]]);
        decoder.Read(cache, [[9], [10]]);
        return [decoder.Logits(0).ToArray(), decoder.Logits(1).ToArray()];
    }

    /// <summary>A number rounded to 8 bits is off by a third of a percent of its block's largest, in the mean square; some ten such products stand behind one another here, of which each may double what came before.</summary>
    private static void AssertNear(float[][] expected, float[][] found)
    {
        foreach (var (right, other) in expected.Zip(found))
        {
            double error = Math.Sqrt(right.Zip(other, (a, b) => Math.Pow(a - b, 2)).Sum() / right.Sum(value => (double)value * value));
            Assert.InRange(error, 1e-5, 0.05);
        }
    }

    private static void ReadByTorch(LanguageBackbone backbone, KeyValueCache cache, int[][] tokens)
    {
        var batch = TokenBatch.Pad(tokens, padId: 0);
        backbone.Continue(cache, batch.InputIdsTensor(CPU), batch.AttentionMaskTensor(CPU));
    }

    /// <summary>A scale that is no number, of blocks that stay as they are or are unpacked: the file's own name of the tensor.</summary>
    [Theory]
    [InlineData(false, false, 0x7E)]
    [InlineData(false, true, 0x7C)]
    [InlineData(true, false, 0x7E)]
    [InlineData(true, true, 0xFC)]
    public void Load_AScaleThatIsNoNumber_IsNamed(bool isFourBits, bool isKept, byte high)
    {
        const string Name = "blk.0.ffn_up.weight";
        string file = Write("llama", "\"intermediate_size\": 64", isFourBits);
        long offset;
        using (FileStream stream = File.OpenRead(file))
        {
            var reader = new GgufReader(stream, file);
            offset = reader.DataStart + reader.Entries.Single(entry => entry.Name == Name).Offset;
        }

        byte[] bytes = File.ReadAllBytes(file);

        // The last scale of the first block: of four bits there are two.
        bytes[offset + (isFourBits ? 3 : 1)] = high;
        File.WriteAllBytes(file, bytes);

        var error = Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(ModelSource.FromGguf(file), isKept ? Kept : null).Dispose());

        Assert.Contains("no number or infinite", error.Message, StringComparison.Ordinal);
        Assert.Contains(Name, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("safetensors", error.Message, StringComparison.Ordinal);
    }

    private string Write(string family, string settings, bool isFourBits)
    {
        string[] all = [SmallFamilies.InGguf[family], settings];
        string file = Path.Combine(_folder, "model.gguf");
        using (var plain = new PretrainedLanguageModel(family, SmallFamilies.Backbone(family, string.Join(", ", all.Where(part => part.Length > 0))), TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            plain.SaveGguf(file, new GgufSaveOptions { Type = isFourBits ? GgufWeightType.F32 : GgufWeightType.Q8_0 });
        }

        if (!isFourBits)
        {
            return file;
        }

        Q4_1File.Write(file, Path.Combine(_folder, "q4_1.gguf"));
        return Path.Combine(_folder, "q4_1.gguf");
    }
}
