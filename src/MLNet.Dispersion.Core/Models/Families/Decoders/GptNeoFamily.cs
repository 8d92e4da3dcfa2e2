using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>GPT-Neo: GPT-2 with a window in every second layer, and scores that nothing divides.</summary>
internal static class GptNeoFamily
{
    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "transformer.wte"), (WeightPart.Positions, "transformer.wpe")],
        Blocks = "transformer.h",
        Block =
        [
            (WeightPart.AttentionNorm, "ln_1"),
            (WeightPart.Key, "attn.attention.k_proj"),
            (WeightPart.Value, "attn.attention.v_proj"),
            (WeightPart.Query, "attn.attention.q_proj"),
            (WeightPart.AttentionOutput, "attn.attention.out_proj"),
            (WeightPart.MlpNorm, "ln_2"),
            (WeightPart.MlpUp, "mlp.c_fc"),
            (WeightPart.MlpDown, "mlp.c_proj"),
        ],
        Tail = [(WeightPart.FinalNorm, "transformer.ln_f"), (WeightPart.Head, "lm_head")],
        Prefix = "transformer.",
        IgnoredEndings = [".attn.attention.bias", ".attn.attention.masked_bias"],
        ArchitectureName = "GPTNeoForCausalLM",
        LoraTargets = ["q_proj", "v_proj"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 2048);
        int heads = config.Size("num_heads", 16);
        config.RequireDivisible("hidden_size", hidden, "num_heads", heads);
        int vocabulary = config.Size("vocab_size", 50257);
        int context = config.Size("max_position_embeddings", 2048);
        int layers = config.LayerCount("num_layers", 24);
        int inner = config.Size("intermediate_size", checked(4 * hidden));
        config.RequireParameters(hidden * ((double)vocabulary + context + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_epsilon", 1e-5));
        var spec = new TransformerSpec
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            LayerCount = layers,
            ContextLength = context,
            IsCausal = true,
            Embedding = new EmbeddingSpec { HasPositions = true, Dropout = config.Probability("embed_dropout", 0) },
            Block = new BlockSpec
            {
                Order = BlockOrder.NormFirst,
                Norm = norm,
                Dropout = config.Probability("resid_dropout", 0),
                Attention = new AttentionSpec
                {
                    HeadCount = heads,
                    KeyHeadCount = heads,
                    HeadSize = hidden / heads,
                    HasOutputBias = true,
                    Scale = 1,
                    Dropout = config.Probability("attention_dropout", 0),
                },
                Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("activation_function", "gelu_new"), HasBias = true },
            },
            FinalNorm = norm,
            Head = config.Flag("tie_word_embeddings", true) ? HeadKind.Tied : HeadKind.Own,
        };
        return new Architecture(spec.WithWindows(Local(config, layers), config.Size("window_size", 256)), Names) { Heads = DecoderHeads.All(config, "classifier") };
    }

    /// <summary>Which layers have the window: [[["global", "local"], 12]] means both in turn, 12 times.</summary>
    private static bool[] Local(ConfigReader config, int layers)
    {
        if (!config.Has("attention_types"))
        {
            return [.. Enumerable.Range(0, layers).Select(layer => layer % 2 == 1)];
        }

        var local = new List<bool>();
        foreach (JsonNode? entry in config.Root["attention_types"] as JsonArray ?? throw Wrong(config, layers))
        {
            if (entry is not JsonArray { Count: 2 } pair || pair[0] is not JsonArray { Count: > 0 } kinds || pair[1] is not JsonValue number || !number.TryGetValue(out int times)
                || times < 0 || (long)times * kinds.Count > layers || kinds.Any(kind => kind is not JsonValue word || !word.TryGetValue(out string? text) || text is not ("global" or "local")))
            {
                throw Wrong(config, layers);
            }

            local.AddRange(Enumerable.Repeat(kinds.Select(kind => kind!.GetValue<string>() == "local"), times).SelectMany(once => once));
        }

        return local.Count == layers ? [.. local] : throw Wrong(config, layers);
    }

    private static ModelFileException Wrong(ConfigReader config, int layers) =>
        config.Wrong("attention_types", $"must be pairs of a list of \"global\" and \"local\" and of how often it is repeated, {layers} layers together, as num_layers says");
}
