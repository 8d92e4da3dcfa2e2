using System.Text;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>config.json: wrong values are named, absurd ones refused before memory is taken.</summary>
public sealed class BackboneConfigTests
{
    [Theory]
    [InlineData("not json", "JSON")]
    [InlineData("", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("null", "object")]
    [InlineData("{}", "model_type")]
    [InlineData("""{"model_type":7}""", "model_type")]
    [InlineData("""{"model_type":"t5"}""", "gpt2")]
    [InlineData("""{"model_type":"gpt2","model_type":"gpt2"}""", "JSON")]
    [InlineData("""{"model_type":"\ud800"}""", "JSON")]
    [InlineData("""{"model_type":"gpt2","n_embd":0}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":-4}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":4.5}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":1e300}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":"64"}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":[64]}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":{}}""", "n_embd")]
    [InlineData("""{"model_type":"gpt2","n_embd":10,"n_head":4}""", "n_head")]
    [InlineData("""{"model_type":"gpt2","n_layer":1000000}""", "1000000 layers; the limit is 4096")]
    [InlineData("""{"model_type":"gpt2","n_layer":5000,"n_embd":4,"n_head":1,"vocab_size":9,"n_positions":4}""", "5000 layers")]
    [InlineData("""{"model_type":"gpt2","n_embd":16777216,"n_head":1,"n_inner":1}""", "parameters")]
    [InlineData("""{"model_type":"gpt2","n_embd":131072,"n_head":1,"n_layer":4000,"n_inner":16777216}""", "parameters")]
    [InlineData("""{"model_type":"gpt2","attn_pdrop":1}""", "attn_pdrop")]
    [InlineData("""{"model_type":"gpt2","attn_pdrop":-0.1}""", "attn_pdrop")]
    [InlineData("""{"model_type":"gpt2","layer_norm_epsilon":-1}""", "layer_norm_epsilon")]
    [InlineData("""{"model_type":"gpt2","activation_function":"step"}""", "activation_function")]
    [InlineData("""{"model_type":"gpt2","scale_attn_weights":"yes"}""", "scale_attn_weights")]
    [InlineData("""{"model_type":"gpt2","add_cross_attention":true}""", "add_cross_attention")]
    [InlineData("""{"model_type":"gpt2","quantization_config":{"bits":4}}""", "quantization_config")]
    [InlineData("""{"model_type":"gpt2","vocab_size":9,"eos_token_id":-2}""", "eos_token_id")]
    [InlineData("""{"model_type":"gpt2","initializer_range":-1,"n_embd":4,"n_head":1,"n_layer":1,"vocab_size":9,"n_positions":4}""", "initializer_range")]
    [InlineData("""{"model_type":"llama"}""", "hidden_size")]
    [InlineData("""{"model_type":"llama","hidden_size":8,"num_attention_heads":4,"num_key_value_heads":3}""", "num_key_value_heads")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":10,"num_attention_heads":4}""", "hidden_size")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":8,"num_attention_heads":2,"hidden_act":"step"}""", "hidden_act")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":16777216,"num_attention_heads":4}""", "parameters")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":1,"num_attention_heads":16777216,"num_key_value_heads":1,"head_dim":2048}""", "head_dim is 2048")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":1,"num_attention_heads":1,"head_dim":3}""", "head_dim")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":16777216,"num_hidden_layers":4000,"hidden_size":64,"num_attention_heads":1}""", "parameters")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":5000,"hidden_size":8,"num_attention_heads":1}""", "5000 layers")]
    [InlineData("""{"model_type":"gpt_neox","hidden_size":16777216}""", "parameters")]
    [InlineData("""{"model_type":"gpt_neox","num_hidden_layers":1000000}""", "1000000 layers")]
    [InlineData("""{"model_type":"albert","num_hidden_layers":4096,"inner_group_num":16777216}""", "layers; the limit is 4096")]
    [InlineData("""{"model_type":"albert","num_hidden_layers":16777216,"inner_group_num":8000}""", "16777216 layers")]
    [InlineData("""{"model_type":"smollm3","vocab_size":9,"intermediate_size":1,"num_hidden_layers":16777216,"hidden_size":2,"num_attention_heads":1,"num_key_value_heads":1}""", "16777216 layers")]
    [InlineData("""{"model_type":"modernbert","vocab_size":9,"intermediate_size":1,"num_hidden_layers":16777216,"hidden_size":2,"num_attention_heads":1}""", "16777216 layers")]
    [InlineData("""{"model_type":"gemma3_text","vocab_size":9,"intermediate_size":1,"num_hidden_layers":16777216,"hidden_size":2,"num_attention_heads":1,"num_key_value_heads":1}""", "16777216 layers")]
    [InlineData("""{"model_type":"llama","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":8,"num_attention_heads":2,"is_causal":false}""", "is_causal is false, which is not supported for llama")]
    [InlineData("""{"model_type":"gpt2","vocab_size":9,"n_embd":4,"n_head":1,"n_layer":1,"is_causal":false}""", "is_causal is false")]
    [InlineData("""{"model_type":"bert","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":8,"num_attention_heads":2,"is_causal":true}""", "is_causal is true")]
    [InlineData("""{"model_type":"qwen3","vocab_size":9,"intermediate_size":8,"num_hidden_layers":1,"hidden_size":8,"num_attention_heads":2,"use_bidirectional_attention":true}""", "use_bidirectional_attention is true")]
    [InlineData("""{"model_type":"gpt_neox","vocab_size":16777216,"hidden_size":65536}""", "parameters")]
    public void Create_WrongConfig_NamesTheKeyAndLeavesNoTensor(string json, string named)
    {
        using var generator = new Generator(1);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        var error = Assert.Throws<ModelFileException>(() => BackboneRegistry.Create(json, generator).Dispose());

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 800);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>What transformers takes where the key is absent differs by family.</summary>
    [Theory]
    [InlineData("llama", 1e-6)]
    [InlineData("mistral", 1e-6)]
    [InlineData("qwen3", 1e-6)]
    [InlineData("phi3", 1e-5)]
    [InlineData("olmo2", 1e-5)]
    [InlineData("ernie4_5", 1e-5)]
    [InlineData("glm", 0.00000015625)]
    [InlineData("glm4", 0.00000015625)]
    public void ArchitectureOf_NoEpsilon_HasTheFamilys(string type, double expected)
    {
        JsonObject config = TinyConfigs.Merge(TinyConfigs.Llama, $"\"model_type\": \"{type}\", \"head_dim\": 4");
        config.Remove("rms_norm_eps");

        Assert.Equal(expected, BackboneRegistry.ArchitectureOf(ConfigReader.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "config.json")).Spec.Block.Norm.Epsilon);
    }

    [Fact]
    public void ArchitectureOf_AlbertThatSaysNothing_IsTheOneThatItsDefaultsDescribe()
    {
        TransformerSpec spec = BackboneRegistry.ArchitectureOf(ConfigReader.Parse("""{"model_type": "albert"}"""u8, "config.json")).Spec;

        Assert.Equal((4096, 12, 64, 16384, 128, 30000), (spec.HiddenSize, spec.LayerCount, spec.Block.Attention.HeadCount, spec.Block.Mlp.InnerSize, spec.Embedding.Size, spec.VocabularySize));
    }

    [Fact]
    public void Create_NestedBombOrLongText_MakesAShortMessage()
    {
        using var generator = new Generator(1);
        string bomb = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        string longName = $$"""{"model_type":"{{new string('x', 100_000)}}"}""";

        foreach (string json in new[] { bomb, longName })
        {
            // The list of what is known is the longest part.
            var error = Assert.Throws<ModelFileException>(() => BackboneRegistry.Create(json, generator));
            Assert.InRange(error.Message.Length, 1, 800);
        }
    }

    [Fact]
    public void Parse_RandomDamage_GivesAConfigOrCheckpointException()
    {
        byte[] json = Encoding.UTF8.GetBytes(SmallCheckpoint.Config);
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. json];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                ConfigReader.Parse(damaged, "config.json");
            }
            catch (ModelFileException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 2999);
    }

    [Fact]
    public void Create_ByteOrderMark_IsAllowed()
    {
        using var generator = new Generator(1);

        using var backbone = BackboneRegistry.Create("\uFEFF" + SmallCheckpoint.Config, generator);

        Assert.Equal(4, backbone.Info.HiddenSize);
    }

    [Fact]
    public void Create_TokenIdsBeyondTheVocabulary_AreLeftOutAndSavedAgain()
    {
        using var generator = new Generator(1);

        using var backbone = BackboneRegistry.Create(TinyConfigs.Merge(TinyConfigs.Gpt2, "\"bos_token_id\": 50256, \"eos_token_id\": [50256, 3], \"pad_token_id\": 12").ToJsonString(), generator);

        Assert.Equal((null, 3, 12), (backbone.Info.BosTokenId, backbone.Info.EosTokenId, backbone.Info.PadTokenId));
        Assert.Equal([50256, 3], backbone.EndTokenIds);
        Assert.Equal(50256, (int)backbone.Config!["bos_token_id"]!);
    }

    [Theory]
    [InlineData("bloom", """ "hidden_size": 24, "n_head": 6, "n_layer": 3 """, """ "n_embed": 24, "num_attention_heads": 6, "num_hidden_layers": 3 """)]
    [InlineData("distilbert", """ "dim": 24, "n_heads": 6, "n_layers": 3 """, """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3 """)]
    [InlineData("falcon", """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3, "num_kv_heads": 2, "new_decoder_architecture": true """, """ "n_embed": 24, "n_head": 6, "n_layer": 3, "n_head_kv": 2, "new_decoder_architecture": true """)]
    [InlineData("gpt2", """ "n_embd": 24, "n_head": 6, "n_layer": 3, "n_positions": 40 """, """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3, "max_position_embeddings": 40 """)]
    [InlineData("gpt_bigcode", """ "n_embd": 24, "n_head": 6, "n_layer": 3, "n_positions": 40 """, """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3, "max_position_embeddings": 40 """)]
    [InlineData("gpt_neo", """ "num_heads": 6, "num_layers": 4, "hidden_size": 24 """, """ "num_attention_heads": 6, "num_hidden_layers": 4, "hidden_size": 24 """)]
    [InlineData("gptj", """ "n_embd": 24, "n_head": 6, "n_layer": 3, "n_positions": 40, "rotary_dim": 4 """, """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3, "max_position_embeddings": 40, "rotary_dim": 4 """)]
    [InlineData("mpt", """ "d_model": 24, "n_heads": 6, "n_layers": 3 """, """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3 """)]
    [InlineData("nomic_bert", """ "hidden_size": 24, "num_attention_heads": 6, "num_hidden_layers": 3, "intermediate_size": 40, "max_position_embeddings": 64, "rope_theta": 500, "layer_norm_eps": 1e-6, "hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.3 """, NomicFirst)]
    public void Read_OtherNamesOfKeys_AreTheSameKeys(string type, string own, string others)
    {
        TransformerSpec Spec(string settings) => BackboneRegistry.ArchitectureOf(Reader(type, settings)).Spec;
        TransformerSpec expected = Spec(own), actual = Spec(others);
        Assert.Equal((6, 24), (expected.Block.Attention.HeadCount, expected.HiddenSize));
        Assert.Null(SpecDifference.Of(expected, actual));
        Assert.Equal((expected.Embedding.Dropout, expected.Block.Attention.Dropout), (actual.Embedding.Dropout, actual.Block.Attention.Dropout));

        // Both names may be there, where they say the same.
        Assert.Null(SpecDifference.Of(expected, Spec(TinyConfigs.Merge(own, others).ToJsonString()[1..^1])));
    }

    [Theory]
    [InlineData("gpt2", "", """ "n_head": 12, "num_attention_heads": 16 """, "n_head is 12 and num_attention_heads is 16")]
    [InlineData("bloom", "", """ "hidden_size": 64, "n_embed": 32 """, "hidden_size is 64 and n_embed is 32")]
    [InlineData("nomic_bert", NomicFirst, """ "hidden_size": 48 """, "hidden_size is 48 and n_embd is 24")]
    [InlineData("gpt2", "", """ "hidden_size": 10, "num_attention_heads": 4 """, "hidden_size is 10, which num_attention_heads = 4")]
    [InlineData("gpt2", "", """ "hidden_size": -4 """, "hidden_size is -4")]
    [InlineData("nomic_bert", "", """ "n_embd": 24 """, "n_head is missing")]
    [InlineData("nomic_bert", "", """ "rotary_emb_fraction": 1.0 """, "n_embd is missing")]
    [InlineData("nomic_bert", NomicFirst, """ "activation_function": "geglu" """, "activation_function is 'geglu'")]
    [InlineData("nomic_bert", NomicFirst, """ "activation_function": null """, "activation_function")]
    [InlineData("nomic_bert", NomicFirst, """ "rotary_emb_fraction": 0.5 """, "rotary_emb_fraction is 0.5; only 1")]
    [InlineData("nomic_bert", NomicFirst, """ "rotary_emb_fraction": null """, "rotary_emb_fraction is 0 where it is missing")]
    [InlineData("nomic_bert", NomicFirst, """ "qkv_proj_bias": null """, "qkv_proj_bias is true where it is missing")]
    [InlineData("nomic_bert", NomicFirst, """ "mlp_fc1_bias": true """, "mlp_fc1_bias is true")]
    [InlineData("nomic_bert", NomicFirst, """ "prenorm": true """, "prenorm is true")]
    [InlineData("nomic_bert", NomicFirst, """ "rotary_scaling_factor": 2 """, "rotary_scaling_factor is given")]
    [InlineData("nomic_bert", NomicFirst, """ "moe_every_n_layers": 2 """, "moe_every_n_layers is 2; only 0")]
    public void Read_OtherNamesThatDifferOrAskForMore_AreRefusedByName(string type, string basis, string settings, string named)
    {
        var error = Assert.Throws<ModelFileException>(() => BackboneRegistry.ArchitectureOf(Reader(type, TinyConfigs.Merge(basis, settings).ToJsonString()[1..^1])));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private const string NomicFirst = """
        "n_embd": 24, "n_head": 6, "n_layer": 3, "n_inner": 40, "n_positions": 64, "rotary_emb_base": 500, "layer_norm_epsilon": 1e-6, "resid_pdrop": 0.2, "attn_pdrop": 0.3, "embd_pdrop": 0.2,
        "activation_function": "swiglu", "rotary_emb_fraction": 1.0, "qkv_proj_bias": false, "mlp_fc1_bias": false, "mlp_fc2_bias": false, "prenorm": false, "causal": false, "rotary_scaling_factor": null,
        "rotary_emb_scale_base": null, "rotary_emb_interleaved": false, "use_rms_norm": false, "parallel_block": false, "scale_attn_weights": true, "max_trained_positions": 2048, "vocab_size": 64
        """;

    private static ConfigReader Reader(string type, string settings)
    {
        JsonObject config = TinyConfigs.Merge($"\"vocab_size\": 64, \"model_type\": \"{type}\"", settings);
        return ConfigReader.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "config.json");
    }

    [Fact]
    public void Create_KeysAbsent_TakesHuggingFaceDefaults()
    {
        var config = ConfigReader.Parse("""{"model_type":"gpt2"}"""u8, "config.json");

        TransformerSpec gpt2 = Gpt2Family.Read(config).Spec;

        Assert.Equal((50257, 1024, 768, 12, 12, 3072), (gpt2.VocabularySize, gpt2.ContextLength, gpt2.HiddenSize, gpt2.LayerCount, gpt2.Block.Attention.HeadCount, gpt2.Block.Mlp.InnerSize));
        Assert.Equal((0.1, 0.1, 0.1, 1e-5), (gpt2.Embedding.Dropout, gpt2.Block.Attention.Dropout, gpt2.Block.Dropout, gpt2.Block.Norm.Epsilon));
        Assert.Equal((Activation.TanhGelu, null, false, HeadKind.Tied), (gpt2.Block.Mlp.Activation, gpt2.Block.Attention.Scale, gpt2.Block.Attention.ScalesByLayer, gpt2.Head));
    }
}
