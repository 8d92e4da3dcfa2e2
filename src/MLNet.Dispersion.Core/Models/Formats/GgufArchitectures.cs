using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>Says a GGUF file's architecture as a config.json does, which the families read.</summary>
internal static class GgufArchitectures
{
    /// <summary>What an architecture is called in config.json, and what its files say that others' do not.</summary>
    /// <param name="ModelType">The <c>model_type</c>.</param>
    /// <param name="Extend">Adds to the config what every decoder's has not.</param>
    /// <param name="PermutesHeads">Whether queries and keys lie with the two features of a turn side by side.</param>
    private sealed record Entry(string ModelType, Action<GgufKeys, JsonObject> Extend, bool PermutesHeads = false);

    private static readonly Dictionary<string, Entry> Known = new(StringComparer.Ordinal)
    {
        ["bloom"] = new("bloom", Bloom),
        ["gemma"] = new("gemma", Gemma),
        ["gemma2"] = new("gemma2", Gemma2),
        ["gemma3"] = new("gemma3_text", Gemma3),
        ["gpt2"] = new("gpt2", Gpt2),
        ["gptneox"] = new("gpt_neox", GptNeoX),
        ["granite"] = new("granite", Granite, PermutesHeads: true),
        ["llama"] = new("llama", Llama, PermutesHeads: true),
        ["olmo2"] = new("olmo2", Rms),
        ["phi2"] = new("phi", Phi),
        ["phi3"] = new("phi3", Phi3),
        ["qwen2"] = new("qwen2", Rms),
        ["qwen3"] = new("qwen3", Rms),
        ["smollm3"] = new("smollm3", (keys, config) => Rms(keys, config, interval: 4), PermutesHeads: true),
    };

    /// <summary>Whether queries and keys of an architecture lie with the two features of a turn side by side, not half a head apart.</summary>
    internal static bool PermutesHeads(string architecture) => Known[architecture].PermutesHeads;

    /// <summary>Makes the config.json, without token ids.</summary>
    /// <param name="file">What to call the file in messages.</param>
    /// <param name="keys">The metadata.</param>
    /// <param name="entries">The tensors by name.</param>
    /// <param name="ropeFactors">What the rotary frequencies are divided by, where the file says so for each; null where not.</param>
    /// <exception cref="ModelFileException">The architecture is not known, a key is missing or wrong, or asks for what is not supported.</exception>
    internal static JsonObject Config(string file, GgufKeys keys, IReadOnlyDictionary<string, GgufEntry> entries, float[]? ropeFactors)
    {
        if (!Known.TryGetValue(keys.Name, out Entry? known))
        {
            throw new ModelFileException(file, $"general.architecture is '{Printable.Name(keys.Name)}'; known: {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}. Load the model from its directory in Hugging Face's format.");
        }

        if (!entries.TryGetValue("token_embd.weight", out GgufEntry? tokens) || tokens.Shape.Length != 2)
        {
            throw new ModelFileException(file, "There is no matrix of token embeddings, token_embd.weight: the file holds a vocabulary or an adapter, and no model.");
        }

        var config = new JsonObject
        {
            ["model_type"] = known.ModelType,
            ["vocab_size"] = tokens.Shape[0],
            ["tie_word_embeddings"] = !entries.ContainsKey("output.weight"),
        };
        if (keys.Whole(keys.Own("vocab_size")) is { } vocabulary && vocabulary != tokens.Shape[0])
        {
            throw keys.Wrong(keys.Own("vocab_size"), $"{tokens.Shape[0]}, the rows of token_embd.weight");
        }

        known.Extend(keys, config);
        if (known.ModelType is not "qwen2" and not "phi" && entries.ContainsKey("blk.0.attn_q.bias"))
        {
            config["attention_bias"] = true;
        }

        Rope(keys, config, ropeFactors);
        keys.RefuseRest();
        return config;
    }

    private static void Sizes(GgufKeys keys, JsonObject config, string hidden, string layers, string heads, string context, string? inner)
    {
        config[hidden] = keys.Size(keys.Own("embedding_length"));
        config[layers] = keys.Size(keys.Own("block_count"));
        config[heads] = keys.Size(keys.Own("attention.head_count"));
        config[context] = keys.Size(keys.Own("context_length"));
        int length = keys.Size(keys.Own("feed_forward_length"));
        if (inner is not null)
        {
            config[inner] = length;
        }
    }

    private static void Common(GgufKeys keys, JsonObject config)
    {
        Sizes(keys, config, "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings", "intermediate_size");
        config["num_key_value_heads"] = keys.Whole(keys.Own("attention.head_count_kv")) ?? (int)config["num_attention_heads"]!;
        if (keys.Whole(keys.Own("attention.key_length")) is { } head)
        {
            config["head_dim"] = head;
            if (keys.Whole(keys.Own("attention.value_length")) is { } values && values != head)
            {
                throw keys.Wrong(keys.Own("attention.value_length"), $"{head}, as key_length: heads of different sizes are not supported");
            }
        }
    }

    private static int HeadSize(JsonObject config) => (int?)config["head_dim"] ?? (int)config["hidden_size"]! / (int)config["num_attention_heads"]!;

    private static void Rms(GgufKeys keys, JsonObject config) => Rms(keys, config, null);

    private static void Rms(GgufKeys keys, JsonObject config, int? interval)
    {
        Common(keys, config);
        config["rms_norm_eps"] = keys.NeededNumber(keys.Own("attention.layer_norm_rms_epsilon"));
        config["hidden_act"] = "silu";
        if (interval is { } every)
        {
            config["no_rope_layer_interval"] = every;
        }

        RequireWholeRotation(keys, config);
    }

    private static void Llama(GgufKeys keys, JsonObject config)
    {
        Rms(keys, config);
        if (keys.Whole(keys.Own("expert_count")) is { } experts and > 0)
        {
            throw keys.Wrong(keys.Own("expert_count"), $"0, not {experts}: mixtures of experts are not supported");
        }
    }

    private static void Granite(GgufKeys keys, JsonObject config)
    {
        Rms(keys, config);
        config["embedding_multiplier"] = keys.Number(keys.Own("embedding_scale")) ?? 1;
        config["residual_multiplier"] = keys.Number(keys.Own("residual_scale")) ?? 1;
        config["logits_scaling"] = keys.Number(keys.Own("logit_scale")) ?? 1;
        config["attention_multiplier"] = keys.Number(keys.Own("attention.scale")) ?? 1 / Math.Sqrt(HeadSize(config));
    }

    private static void Gemma(GgufKeys keys, JsonObject config)
    {
        Common(keys, config);
        config["rms_norm_eps"] = keys.NeededNumber(keys.Own("attention.layer_norm_rms_epsilon"));
        config["head_dim"] = HeadSize(config);
        config["hidden_activation"] = "gelu_pytorch_tanh";
        RequireWholeRotation(keys, config);
    }

    private static void Gemma2(GgufKeys keys, JsonObject config)
    {
        Gemma(keys, config);
        Windows(keys, config, biggest: 46);
        config["attn_logit_softcapping"] = keys.Number(keys.Own("attn_logit_softcapping"));
        config["final_logit_softcapping"] = keys.Number(keys.Own("final_logit_softcapping"));
    }

    private static void Gemma3(GgufKeys keys, JsonObject config)
    {
        Gemma(keys, config);
        Windows(keys, config, biggest: 62);
        config["sliding_window_pattern"] = 6;
        config["rope_local_base_freq"] = keys.Number(keys.Own("rope.freq_base_swa")) ?? 10000;
        config["final_logit_softcapping"] = keys.Number(keys.Own("final_logit_softcapping"));
    }

    // The files do not say what scores are divided by: by the rule of the published models, the biggest of which has one of its own.
    private static void Windows(GgufKeys keys, JsonObject config, int biggest)
    {
        config["sliding_window"] = keys.Size(keys.Own("attention.sliding_window"));
        config["query_pre_attn_scalar"] = (int)config["num_hidden_layers"]! == biggest ? (int)config["hidden_size"]! / (int)config["num_attention_heads"]! : HeadSize(config);
    }

    private static void Phi3(GgufKeys keys, JsonObject config)
    {
        Rms(keys, config);
        config["original_max_position_embeddings"] = keys.Whole(keys.Own("rope.scaling.original_context_length")) ?? (int)config["max_position_embeddings"]!;
        config["sliding_window"] = keys.Whole(keys.Own("attention.sliding_window")) is { } window and > 0 ? window : null;
    }

    private static void Phi(GgufKeys keys, JsonObject config)
    {
        Common(keys, config);
        config["layer_norm_eps"] = keys.NeededNumber(keys.Own("attention.layer_norm_epsilon"));
        config["hidden_act"] = "gelu_new";
        config["partial_rotary_factor"] = Share(keys, config);
    }

    private static void GptNeoX(GgufKeys keys, JsonObject config)
    {
        Sizes(keys, config, "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings", "intermediate_size");
        config["layer_norm_eps"] = keys.NeededNumber(keys.Own("attention.layer_norm_epsilon"));
        config["use_parallel_residual"] = keys.Flag(keys.Own("use_parallel_residual")) ?? throw keys.Missing(keys.Own("use_parallel_residual"));
        config["hidden_act"] = "gelu";
        config["rotary_pct"] = Share(keys, config);
        config["rotary_emb_base"] = keys.Number(keys.Own("rope.freq_base")) ?? 10000;
    }

    private static void Gpt2(GgufKeys keys, JsonObject config)
    {
        Sizes(keys, config, "n_embd", "n_layer", "n_head", "n_positions", "n_inner");
        config["n_ctx"] = (int)config["n_positions"]!;
        config["layer_norm_epsilon"] = keys.NeededNumber(keys.Own("attention.layer_norm_epsilon"));
        config["activation_function"] = "gelu_new";
    }

    private static void Bloom(GgufKeys keys, JsonObject config)
    {
        Sizes(keys, config, "hidden_size", "n_layer", "n_head", "seq_length", null);
        _ = keys.Whole(keys.Own("attention.head_count_kv"));
        config["layer_norm_epsilon"] = keys.NeededNumber(keys.Own("attention.layer_norm_epsilon"));
    }

    private static void RequireWholeRotation(GgufKeys keys, JsonObject config)
    {
        if (keys.Whole(keys.Own("rope.dimension_count")) is { } turned && turned != HeadSize(config))
        {
            config["partial_rotary_factor"] = (double)turned / HeadSize(config);
            if ((string?)config["model_type"] is not "phi3")
            {
                throw keys.Wrong(keys.Own("rope.dimension_count"), $"{HeadSize(config)}, the features of a head");
            }
        }
    }

    private static double Share(GgufKeys keys, JsonObject config) =>
        keys.Size(keys.Own("rope.dimension_count")) / (double)((int)config["hidden_size"]! / (int)config["num_attention_heads"]!);

    private static void Rope(GgufKeys keys, JsonObject config, float[]? factors)
    {
        if (config["model_type"]!.GetValue<string>() is "gpt2" or "bloom" or "gpt_neox")
        {
            return;
        }

        double theta = keys.Number(keys.Own("rope.freq_base")) ?? 10000;
        config["rope_theta"] = theta;
        double? factor = keys.Number(keys.Own("rope.scaling.factor"));
        string type = keys.Text(keys.Own("rope.scaling.type")) ?? (factor is null or 0 ? "none" : "linear");
        JsonObject? scaling = type switch
        {
            "none" => null,
            "linear" => new JsonObject { ["rope_type"] = "linear", ["factor"] = factor ?? throw keys.Missing(keys.Own("rope.scaling.factor")) },
            "yarn" => new JsonObject
            {
                ["rope_type"] = "yarn",
                ["factor"] = factor ?? throw keys.Missing(keys.Own("rope.scaling.factor")),
                ["original_max_position_embeddings"] = keys.Size(keys.Own("rope.scaling.original_context_length")),
            },
            _ => throw keys.Wrong(keys.Own("rope.scaling.type"), "none, linear or yarn"),
        };
        if (factors is not null)
        {
            scaling = scaling is null ? GgufRopeFactors.Llama3(keys, factors, theta) : throw keys.Wrong(keys.Own("rope.scaling.type"), "none where rope_freqs.weight is there");
        }

        if (scaling is not null)
        {
            config["rope_scaling"] = scaling;
        }
    }
}
