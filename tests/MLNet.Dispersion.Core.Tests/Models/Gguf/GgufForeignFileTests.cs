using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Gguf;

/// <summary>GGUF files that are no model, or only a part of one: refused by what they are, and never half loaded.</summary>
public sealed class GgufForeignFileTests : IDisposable
{
    private const int Hidden = 8;

    private static readonly (string Name, long[] Shape)[] Tensors =
    [
        ("token_embd.weight", [16, Hidden]), ("blk.0.attn_norm.weight", [Hidden]), ("blk.0.attn_q.weight", [Hidden, Hidden]), ("blk.0.attn_k.weight", [Hidden, Hidden]), ("blk.0.attn_v.weight", [Hidden, Hidden]),
        ("blk.0.attn_output.weight", [Hidden, Hidden]), ("blk.0.ffn_norm.weight", [Hidden]), ("blk.0.ffn_gate.weight", [Hidden, Hidden]), ("blk.0.ffn_up.weight", [Hidden, Hidden]), ("blk.0.ffn_down.weight", [Hidden, Hidden]), ("output_norm.weight", [Hidden]),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-foreign-").FullName;

    private string Target => Path.Combine(_folder, "model.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void FromGguf_OneFileOfASplitModel_SaysHowToJoinThem()
    {
        Write(metadata => metadata.Whole("split.count", 3), Tensors.Take(4));
        Assert.Contains("one of the 3 files of a split model", Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromGguf_AnAdapter_SaysWhereItBelongs()
    {
        Write(metadata => metadata.Text("general.type", "adapter"), [("blk.0.attn_q.weight.lora_a", [2, Hidden]), ("blk.0.attn_q.weight.lora_b", [Hidden, 2])]);
        Assert.Contains("AddGgufAdapter", Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromGguf_AVocabularyAlone_IsNoModel()
    {
        Write(_ => { }, []);
        Assert.Contains("holds a vocabulary", Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromGguf_AMixtureOfExperts_IsRefusedByItsKey()
    {
        Write(metadata => metadata.Whole("llama.expert_count", 8), Tensors);
        Assert.Contains("mixtures of experts", Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromGguf_WhatTheFileSaysAndNobodyKnows_IsRefusedByName()
    {
        Write(metadata => metadata.Number("llama.attention.something_new", 2), Tensors);
        Assert.Contains("llama.attention.something_new = 2", Fails(), StringComparison.Ordinal);
    }

    /// <summary>As llama.cpp reads them: a factor alone divides positions.</summary>
    [Theory]
    [InlineData(null, 4, true)]
    [InlineData("linear", 4, true)]
    [InlineData("none", 4, false)]
    [InlineData(null, 0, false)]
    public void FromGguf_FactorOfRotaryPositions_IsLinearWhereNoTypeIsNamed(string? type, double factor, bool isLinear)
    {
        Write(
            metadata =>
            {
                metadata.Number("llama.rope.scaling.factor", factor);
                if (type is not null)
                {
                    metadata.Text("llama.rope.scaling.type", type);
                }
            },
            Tensors);
        ConfigReader config = ConfigReader.Parse(ModelSource.FromGguf(Target).Source.ReadAllBytes("config.json"), "config.json");

        Assert.Equal(isLinear ? new LinearRopeScaling(factor) : null, RopeScaling.Read(config));
    }

    [Fact]
    public void FromGguf_TensorsMissingOrTooMany_AreNamed()
    {
        Write(_ => { }, Tensors.Where(tensor => tensor.Name != "blk.0.ffn_up.weight"));
        Assert.Contains("up_proj", Fails(), StringComparison.Ordinal);
        Write(_ => { }, [.. Tensors, ("blk.1.attn_norm.weight", [Hidden])]);
        Assert.Contains("blk.1.attn_norm.weight", Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromGguf_CutAnywhere_IsRefusedAndNamesTheFile()
    {
        Write(_ => { }, Tensors);
        byte[] whole = File.ReadAllBytes(Target);
        PretrainedLanguageModel.Load(ModelSource.FromGguf(Target)).Dispose();
        for (int length = 0; length < whole.Length; length += 31)
        {
            File.WriteAllBytes(Target, whole[..length]);
            Assert.Contains("model.gguf", Fails(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("key", 2_200_000_000UL, "2200000000 bytes of key 0", "65535 are allowed")]
    [InlineData("key", 65_536UL, "65536 bytes of key 0", "65535 are allowed")]
    [InlineData("text", 2_200_000_000UL, "2200000000 bytes of the value of 'general.name'", "16777216 are allowed")]
    [InlineData("bytes", 300_000_000UL, "300000000 elements of 'general.name'", "4194304 are allowed")]
    [InlineData("texts", 100_000_000UL, "100000000 elements of 'general.name'", "4194304 are allowed")]
    [InlineData("keys", 100_000_000UL, "100000000 keys", "65536 are allowed")]
    [InlineData("tensors", 100_000_000UL, "100000000 tensors", "1048576 are allowed")]
    public void FromGguf_SparseFileOfThreeGibibytes_IsRefusedByTheLimitBeforeMemoryIsTaken(string what, ulong count, params string[] parts)
    {
        using (FileStream stream = File.Create(Target))
        {
            stream.SetLength(3L << 30);
            using var writer = new BinaryWriter(stream);
            writer.Write("GGUF"u8);
            writer.Write(3U);
            writer.Write(what == "tensors" ? count : 0UL);
            writer.Write(what == "keys" ? count : 1UL);
            if (what == "key")
            {
                writer.Write(count);
            }
            else if (what is "text" or "bytes" or "texts")
            {
                GgufMetadata.Text(writer, "general.name");
                writer.Write(what == "text" ? 8U : 9U);
                if (what != "text")
                {
                    writer.Write(what == "bytes" ? 0U : 8U);
                }

                writer.Write(count);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Fails();
        Assert.All(parts.Append("model.gguf").Append("fetch or convert it again"), part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32L << 20);
    }

    [Fact]
    public void FromGguf_SparseFileWhoseMetadataNeverEnd_IsRefusedByTheirLimit()
    {
        using (FileStream stream = File.Create(Target))
        {
            stream.SetLength(3L << 30);
            using var writer = new BinaryWriter(stream);
            writer.Write("GGUF"u8);
            writer.Write(3U);
            writer.Write(0UL);
            writer.Write(100UL);
            for (int key = 0; key < 100; key++)
            {
                GgufMetadata.Text(writer, $"general.{key}");
                writer.Write(9U);
                writer.Write(0U);
                writer.Write(1UL << 22);
                stream.Seek(1 << 22, SeekOrigin.Current);
            }
        }

        string message = Fails();
        Assert.All(new[] { "'general.63'", "268435456 bytes", "fetch or convert it again" }, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_ArraysOfEveryType_AreArraysOfIt()
    {
        (uint Type, Array Values)[] arrays =
        [
            (0, new byte[] { 1, 255 }), (1, new sbyte[] { -1, 2 }), (2, new ushort[] { 65535 }), (3, new short[] { -3 }), (4, new uint[] { uint.MaxValue }), (5, new[] { -5, 6 }), (6, new[] { 0.5f, -2 }),
            (7, new[] { true, false }), (8, new[] { "é", "" }), (10, new[] { ulong.MaxValue }), (11, new[] { long.MinValue }), (12, new[] { Math.PI }),
        ];
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3U);
        writer.Write(0UL);
        writer.Write((ulong)arrays.Length);
        foreach (var (type, values) in arrays)
        {
            GgufMetadata.Text(writer, $"key.{type}");
            writer.Write(9U);
            writer.Write(type);
            writer.Write((ulong)values.Length);
            foreach (object value in values)
            {
                writer.Write(value switch
                {
                    string text => [.. BitConverter.GetBytes((ulong)System.Text.Encoding.UTF8.GetByteCount(text)), .. System.Text.Encoding.UTF8.GetBytes(text)],
                    byte one => [one],
                    sbyte one => [(byte)one],
                    bool flag => [(byte)(flag ? 1 : 0)],
                    _ => (byte[])BitConverter.GetBytes((dynamic)value),
                });
            }
        }

        stream.Position = 0;
        var read = new GgufReader(stream, "arrays").Values;
        Assert.All(arrays, array => Assert.Equal(array.Values, read[$"key.{array.Type}"].Value));
        var keys = new GgufKeys("arrays", read);
        Assert.Equal([1.0, 255], keys.Numbers("key.0")!);
        Assert.Equal([0.5, -2], keys.Numbers("key.6")!);
        Assert.Equal(["é", ""], keys.Texts("key.8")!);
        Assert.Throws<ModelFileException>(() => keys.Numbers("key.7"));
        Assert.Throws<ModelFileException>(() => keys.Texts("key.4"));
    }

    private string Fails() => Assert.Throws<ModelFileException>(() => PretrainedLanguageModel.Load(ModelSource.FromGguf(Target)).Dispose()).Message;

    private void Write(Action<GgufMetadata> more, IEnumerable<(string Name, long[] Shape)> tensors)
    {
        var metadata = new GgufMetadata();
        metadata.Text("general.architecture", "llama");
        foreach (var (key, value) in new[] { ("block_count", 1), ("context_length", 64), ("embedding_length", Hidden), ("feed_forward_length", Hidden), ("attention.head_count", 2) })
        {
            metadata.Whole("llama." + key, value);
        }

        metadata.Number("llama.attention.layer_norm_rms_epsilon", 1e-5);
        more(metadata);
        using FileStream stream = File.Create(Target);
        GgufFileWriter.Write(stream, metadata, [.. tensors.Select(tensor => new GgufTensor(tensor.Name, tensor.Shape, GgufType.F32, () => ones(tensor.Shape)))]);
    }
}
