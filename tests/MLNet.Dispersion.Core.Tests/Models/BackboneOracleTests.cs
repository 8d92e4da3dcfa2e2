using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Every architecture and every setting that changes its numbers, against <see cref="NaiveDecoder"/>.</summary>
public sealed class BackboneOracleTests
{
    public static TheoryData<string, string> Configs() => new()
    {
        { TinyConfigs.Gpt2, "" },
        { TinyConfigs.Gpt2, "\"n_inner\": 5" },
        { TinyConfigs.Gpt2, "\"tie_word_embeddings\": false" },
        { TinyConfigs.Gpt2, "\"scale_attn_weights\": false" },
        { TinyConfigs.Gpt2, "\"scale_attn_by_inverse_layer_idx\": true" },
        { TinyConfigs.Gpt2, "\"activation_function\": \"gelu\"" },
        { TinyConfigs.Gpt2, "\"layer_norm_epsilon\": 0.3" },
        { TinyConfigs.Llama, "" },
        { TinyConfigs.Llama, "\"tie_word_embeddings\": true" },
        { TinyConfigs.Llama, "\"num_key_value_heads\": 4" },
        { TinyConfigs.Llama, "\"num_key_value_heads\": 1" },
        { TinyConfigs.Llama, "\"attention_bias\": true, \"mlp_bias\": true" },
        { TinyConfigs.Llama, "\"head_dim\": 6" },
        { TinyConfigs.Llama, "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 40}" },
        { TinyConfigs.Llama, "\"head_dim\": 16, \"rope_scaling\": {\"type\": \"llama3\", \"factor\": 4, \"low_freq_factor\": 1, \"high_freq_factor\": 3, \"original_max_position_embeddings\": 30}" },
        { TinyConfigs.Llama, "\"rms_norm_eps\": 0.3, \"rope_theta\": null, \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 50}" },
        { TinyConfigs.Llama, "\"rope_parameters\": {\"rope_type\": \"llama3\", \"rope_theta\": 20, \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 40}" },
        { TinyConfigs.Llama, "\"model_type\": \"qwen2\", \"use_sliding_window\": false, \"sliding_window\": 4" },
        { TinyConfigs.Llama, "\"model_type\": \"qwen3\", \"head_dim\": 4" },
        { TinyConfigs.Llama, "\"model_type\": \"qwen3\"" },
        { TinyConfigs.Llama, "\"model_type\": \"mistral\", \"sliding_window\": 12" },
        { TinyConfigs.NeoX, "" },
        { TinyConfigs.NeoX, "\"use_parallel_residual\": false" },
        { TinyConfigs.NeoX, "\"rotary_pct\": 1" },
        { TinyConfigs.NeoX, "\"rotary_emb_base\": 50, \"layer_norm_eps\": 0.3, \"hidden_act\": \"gelu_new\"" },
        { TinyConfigs.NeoX, "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 50, \"partial_rotary_factor\": 0.75}" },
        { TinyConfigs.NeoX, "\"attention_bias\": false, \"tie_word_embeddings\": true" },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public void Forward_AnySetting_EqualsNaiveLoops(string family, string setting)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var config = TinyConfigs.Merge(family, setting);
        using var generator = new Generator(11);
        using var backbone = BackboneRegistry.Create(config.ToJsonString(), generator);
        Shake(backbone, generator);
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 12];

        var output = backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.All);
        var logits = backbone.Logits(output.LastHiddenState);

        var (states, expectedLogits) = new NaiveDecoder(config, Values(backbone)).Run(ids);
        Assert.Equal(states.Count, output.HiddenStates.Count);
        for (int i = 0; i < states.Count; i++)
        {
            AssertNear(states[i], output.HiddenStates[i]!, $"hidden state {i}");
        }

        AssertNear(expectedLogits, logits, "logits");
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Forward_AsManyTokensAsTheContextHolds_IsFinite(string family, string setting)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        using var backbone = BackboneRegistry.Create(TinyConfigs.Merge(family, setting).ToJsonString(), generator);

        var output = backbone.Forward(zeros([2, 12], ScalarType.Int64), null, HiddenStateSelection.None);

        Assert.True(output.LastHiddenState.isfinite().all().item<bool>());
        Assert.Throws<ArgumentException>(() => backbone.Forward(zeros([1, 13], ScalarType.Int64), null, HiddenStateSelection.None));
    }

    // Biases and norms too, and large enough that nothing stays near its start.
    private static void Shake(LanguageBackbone backbone, Generator generator)
    {
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            bool norm = parameter.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal);
            parameter.normal_(norm ? 1 : 0, 0.4, generator);
        }
    }

    private static Dictionary<string, (long[] Shape, double[] Values)> Values(LanguageBackbone backbone) =>
        backbone.named_parameters().ToDictionary(p => p.name, p => (p.parameter.shape, p.parameter.to(ScalarType.Float64).data<double>().ToArray()));

    private static void AssertNear(double[][] expected, Tensor actual, string what)
    {
        double[] flat = [.. expected.SelectMany(row => row)];
        float[] numbers = actual.contiguous().data<float>().ToArray();
        Assert.Equal(flat.Length, numbers.Length);
        double scale = Math.Max(1, flat.Max(Math.Abs));
        double error = flat.Zip(numbers, (a, b) => Math.Abs(a - b)).Max() / scale;
        Assert.True(error < 5e-6, $"{what}: relative error {error:E2}");
    }
}
