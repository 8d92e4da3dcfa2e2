namespace MLNet.Dispersion.Models;

/// <summary>ModernBERT: rotary positions, gates, norms first, and windows in two of three layers.</summary>
internal static class ModernBertFamily
{
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "embeddings.tok_embeddings"), (WeightPart.EmbeddingNorm, "embeddings.norm")],
        Blocks = "layers",
        Block =
        [
            (WeightPart.AttentionNorm, "attn_norm"),
            (WeightPart.QueryKeyValue, "attn.Wqkv"),
            (WeightPart.AttentionOutput, "attn.Wo"),
            (WeightPart.MlpNorm, "mlp_norm"),
            (WeightPart.MlpGateUp, "mlp.Wi"),
            (WeightPart.MlpDown, "mlp.Wo"),
        ],
        Tail = [(WeightPart.FinalNorm, "final_norm")],
        Prefix = "model.",
        ArchitectureName = "ModernBertModel",
        LoraTargets = ["Wqkv"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 768);
        int heads = config.Size("num_attention_heads", 12);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        int vocabulary = config.Size("vocab_size", 50368);
        int layers = config.LayerCount("num_hidden_layers", 22);
        int inner = config.Size("intermediate_size", 1152);
        config.RequireParameters(hidden * (vocabulary + (layers * ((4.0 * hidden) + (3.0 * inner)))));
        int size = hidden / heads;
        bool isNewer = config.Has("rope_parameters");
        RotarySpec whole = new RotaryKeys { ThetaKey = "global_rope_theta", Theta = 160000, Layer = isNewer ? Full : null }.Read(config, size);
        RotarySpec near = new RotaryKeys
        {
            ThetaKey = config.Has("local_rope_theta") || !config.Root.ContainsKey("local_rope_theta") ? "local_rope_theta" : "global_rope_theta",
            Layer = isNewer ? Sliding : null,
        }.Read(config, size);
        bool bias = config.Flag("attention_bias", false);
        double dropout = config.Probability("mlp_dropout", 0);
        var norm = new NormSpec(NormKind.Layer, config.Positive("norm_eps", 1e-5)) { HasBias = config.Flag("norm_bias", false) };
        var attention = new AttentionSpec
        {
            HeadCount = heads,
            KeyHeadCount = heads,
            HeadSize = size,
            Storage = AttentionStorage.FusedByKind,
            HasInputBias = bias,
            HasOutputBias = bias,
            Rotary = whole,
            Dropout = config.Probability("attention_dropout", 0),
        };
        var block = new BlockSpec
        {
            Order = BlockOrder.NormFirst,
            Norm = norm,
            Attention = attention,
            Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("hidden_activation", "gelu"), IsGated = true, IsFused = true, HasBias = config.Flag("mlp_bias", false) },
            Dropout = dropout > 0 ? dropout : null,
        };

        // A token sees half of local_attention to each side.
        AttentionSpec windowed = attention with { Rotary = near, Window = (config.Size("local_attention", 128) / 2) + 1 };
        int interval = config.Size("global_attn_every_n_layers", 3);
        IReadOnlyList<string> kinds = config.Words("layer_types", [Full, Sliding]) ?? [.. Enumerable.Range(0, layers).Select(layer => layer % interval == 0 ? Full : Sliding)];
        if (kinds.Count != layers)
        {
            throw config.Wrong("layer_types", $"has {kinds.Count} entries; num_hidden_layers is {layers}");
        }

        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = config.Size("max_position_embeddings", 8192),
                IsCausal = false,
                Embedding = new EmbeddingSpec { Norm = norm, Dropout = config.Probability("embedding_dropout", 0) },
                Block = block,
                Blocks = [.. kinds.Select((kind, layer) => block with { Attention = kind == Full ? attention : windowed, SkipsAttentionNorm = layer == 0 })],
                FinalNorm = norm,
                Summary = SummaryKind.FirstToken,
            },
            Names)
        {
            Heads = Heads(config, norm),
        };
    }

    /// <summary>A dense layer and a norm, which every task's head has in front of its last layer.</summary>
    private static IReadOnlyList<HeadSpec> Heads(ConfigReader config, NormSpec norm)
    {
        HeadLayer[] layers =
        [
            new HeadLayer("head.dense") { HasBias = config.Flag("classifier_bias", false), Activation = config.Activation("classifier_activation", "gelu") },
            new HeadLayer("head.norm") { Norm = norm },
        ];
        double dropout = config.Probability("classifier_dropout", 0);
        bool readsFirst = config.OneOf("classifier_pooling", "cls", ["cls", "mean"]) == "cls";
        return
        [
            new HeadSpec { Task = HeadTask.Sequence, Reading = readsFirst ? HeadReading.FirstToken : HeadReading.Mean, Layers = layers, Output = "classifier", Dropout = dropout },
            new HeadSpec { Task = HeadTask.Tokens, Layers = layers, Output = "classifier", Dropout = dropout },
            new HeadSpec { Task = HeadTask.Spans, Layers = layers, Output = "classifier", Dropout = dropout },
            new HeadSpec { Task = HeadTask.MaskedTokens, Layers = layers, Output = "decoder", HasBias = config.Flag("decoder_bias", true) },
        ];
    }
}
