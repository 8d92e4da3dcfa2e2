using System.Text;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>A config.json of each family, small enough for loops, to which single settings are added.</summary>
internal static class TinyConfigs
{
    public const string Gpt2 = """
        "model_type": "gpt2", "vocab_size": 13, "n_positions": 12, "n_embd": 8, "n_layer": 3, "n_head": 2, "activation_function": "gelu_new"
        """;

    public const string Llama = """
        "model_type": "llama", "vocab_size": 13, "max_position_embeddings": 12, "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 100
        """;

    public const string NeoX = """
        "model_type": "gpt_neox", "vocab_size": 13, "max_position_embeddings": 12, "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
        "num_attention_heads": 2, "hidden_act": "gelu", "rotary_pct": 0.5
        """;

    /// <summary>The members of a family with others added or replaced.</summary>
    public static JsonObject Merge(string family, string settings)
    {
        var config = JsonNode.Parse($"{{{family}}}")!.AsObject();
        foreach (var (key, value) in JsonNode.Parse($"{{{settings}}}")!.AsObject())
        {
            config[key] = value?.DeepClone();
        }

        return config;
    }

    /// <summary>The same as the library reads it.</summary>
    public static ConfigReader Reader(string family, string settings) =>
        ConfigReader.Parse(Encoding.UTF8.GetBytes(Merge(family, settings).ToJsonString()), "config.json");
}
