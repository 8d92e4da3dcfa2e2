using System.Text;
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
    [InlineData("""{"model_type":"gpt2","n_layer":1000000}""", "parameters")]
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
    [InlineData("""{"model_type":"gpt_neox","num_hidden_layers":1000000}""", "parameters")]
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
