namespace MLNet.Dispersion.Models;

/// <summary>Other names of keys that Hugging Face's library reads as well (its <c>attribute_map</c>), by the <c>model_type</c>.</summary>
internal static class ConfigAliases
{
    private static readonly Dictionary<string, string> None = [];

    private static readonly Dictionary<string, string> Gpt = new(StringComparer.Ordinal)
    {
        ["n_embd"] = "hidden_size",
        ["n_head"] = "num_attention_heads",
        ["n_layer"] = "num_hidden_layers",
        ["n_positions"] = "max_position_embeddings",
    };

    // The family's own key, and the other one.
    private static readonly Dictionary<string, Dictionary<string, string>> Known = new(StringComparer.Ordinal)
    {
        ["bloom"] = new(StringComparer.Ordinal) { ["hidden_size"] = "n_embed", ["n_head"] = "num_attention_heads", ["n_layer"] = "num_hidden_layers" },
        ["distilbert"] = new(StringComparer.Ordinal) { ["dim"] = "hidden_size", ["n_heads"] = "num_attention_heads", ["n_layers"] = "num_hidden_layers" },
        ["falcon"] = new(StringComparer.Ordinal) { ["hidden_size"] = "n_embed", ["num_attention_heads"] = "n_head", ["num_hidden_layers"] = "n_layer", ["num_kv_heads"] = "n_head_kv" },
        ["gpt2"] = Gpt,
        ["gpt_bigcode"] = Gpt,
        ["gpt_neo"] = new(StringComparer.Ordinal) { ["num_heads"] = "num_attention_heads", ["num_layers"] = "num_hidden_layers" },
        ["gptj"] = Gpt,
        ["mpt"] = new(StringComparer.Ordinal) { ["d_model"] = "hidden_size", ["n_heads"] = "num_attention_heads", ["n_layers"] = "num_hidden_layers" },

        // Of the code that came with the first checkpoints, before the library had the family.
        ["nomic_bert"] = new(StringComparer.Ordinal)
        {
            ["hidden_size"] = "n_embd",
            ["num_attention_heads"] = "n_head",
            ["num_hidden_layers"] = "n_layer",
            ["intermediate_size"] = "n_inner",
            ["max_position_embeddings"] = "n_positions",
            ["layer_norm_eps"] = "layer_norm_epsilon",
            ["hidden_dropout_prob"] = "resid_pdrop",
            ["attention_probs_dropout_prob"] = "attn_pdrop",
            ["rope_theta"] = "rotary_emb_base",
        },
    };

    /// <summary>The other names of a family's keys, by those that it is read by here; empty where there are none.</summary>
    internal static IReadOnlyDictionary<string, string> Of(string? modelType) => modelType is not null && Known.TryGetValue(modelType, out var aliases) ? aliases : None;
}
