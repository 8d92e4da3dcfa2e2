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
