namespace MLNet.Dispersion.Models;

/// <summary>What many families share with Llama: keys of config.json, names of tensors, and a network of root-mean-square norms, gates and rotary positions. Each says what it has otherwise.</summary>
internal sealed record LlamaShape
{
    /// <summary>The names of Llama's tensors, with those that its kin add.</summary>
    internal static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "model.embed_tokens")],
        Blocks = "model.layers",
        Block =
        [
            (WeightPart.AttentionNorm, "input_layernorm"),
            (WeightPart.Query, "self_attn.q_proj"),
            (WeightPart.Key, "self_attn.k_proj"),
            (WeightPart.Value, "self_attn.v_proj"),
            (WeightPart.AttentionOutput, "self_attn.o_proj"),
            (WeightPart.QueryNorm, "self_attn.q_norm"),
            (WeightPart.KeyNorm, "self_attn.k_norm"),
            (WeightPart.MlpNorm, "post_attention_layernorm"),
            (WeightPart.MlpGate, "mlp.gate_proj"),
            (WeightPart.MlpUp, "mlp.up_proj"),
            (WeightPart.MlpDown, "mlp.down_proj"),
        ],
        Tail = [(WeightPart.FinalNorm, "model.norm"), (WeightPart.Head, "lm_head")],
        Prefix = "model.",
        IgnoredEndings = [".rotary_emb.inv_freq"],
        LoraTargets = ["q_proj", "v_proj"],
    };

    /// <summary>Whether queries, keys and values have a bias.</summary>
    internal bool HasInputBias { get; init; }

    /// <summary>Whether the projection of attention's result has one.</summary>
    internal bool HasOutputBias { get; init; }

    /// <summary>Whether the perceptron's layers have one.</summary>
    internal bool HasMlpBias { get; init; }

    /// <summary>Whether the perceptron is gated.</summary>
    internal bool IsGated { get; init; } = true;

    /// <summary>The features of a head where <c>head_dim</c> does not say; null for hidden size by heads.</summary>
    internal int? HeadSize { get; init; }

    /// <summary>Every norm; null for a root mean square with <c>rms_norm_eps</c>.</summary>
    internal NormSpec? Norm { get; init; }

    /// <summary>The number under the root of those norms where <c>rms_norm_eps</c> does not say.</summary>
    internal double NormEpsilon { get; init; } = 1e-6;

    /// <summary>The activation; null for <c>hidden_act</c>.</summary>
    internal Activation? Activation { get; init; }

    /// <summary>The rotary positions.</summary>
    internal RotaryKeys Rotary { get; init; } = new();

    /// <summary>Whether the head is tied where the file does not say.</summary>
    internal bool IsTied { get; init; }

    /// <summary>How a block is put together.</summary>
    internal BlockOrder Order { get; init; }

    /// <summary>The names with others of a block.</summary>
    internal static WeightNames NamesWith(params (WeightPart Part, string Name)[] others) => Names with
    {
        Block = [.. Names.Block.Where(named => !others.Any(other => other.Part == named.Part)), .. others],
    };

    /// <summary>Reads the sizes and all that the shape says.</summary>
    internal TransformerSpec Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size");
        int heads = config.Size("num_attention_heads");
        int keyHeads = config.Size("num_key_value_heads", heads);
        config.RequireDivisible("num_attention_heads", heads, "num_key_value_heads", keyHeads);
        int context = config.Size("max_position_embeddings", 2048);
        Activation activation = Activation ?? config.Activation("hidden_act", "silu");
        int vocabulary = config.Size("vocab_size");
        int inner = config.Size("intermediate_size");
        int layers = config.LayerCount("num_hidden_layers");
        int headSize = HeadSizeOf(config, hidden, heads);
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((2.0 * headSize * ((double)heads + keyHeads)) + (3.0 * inner)))));
        NormSpec norm = Norm ?? new NormSpec(NormKind.RootMeanSquare, config.Positive("rms_norm_eps", NormEpsilon));
        RotarySpec rotary = Rotary.Read(config, headSize);
        return new TransformerSpec
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            LayerCount = layers,
            ContextLength = rotary.Scaling?.Extended(context) ?? context,
            IsOpenEnded = rotary.Scaling?.IsOpenEnded ?? false,
            IsCausal = true,
            Embedding = new EmbeddingSpec(),
            Block = new BlockSpec
            {
                Order = Order,
                Norm = norm,
                Attention = new AttentionSpec
                {
                    HeadCount = heads,
                    KeyHeadCount = keyHeads,
                    HeadSize = headSize,
                    HasInputBias = HasInputBias,
                    HasOutputBias = HasOutputBias,
                    Rotary = rotary,
                    Dropout = config.Probability("attention_dropout", 0),
                },
                Mlp = new MlpSpec { InnerSize = inner, Activation = activation, IsGated = IsGated, HasBias = HasMlpBias },
            },
            FinalNorm = norm,
            Head = config.Flag("tie_word_embeddings", IsTied) ? HeadKind.Tied : HeadKind.Own,
        };
    }

    private int HeadSizeOf(ConfigReader config, int hidden, int heads)
    {
        if (HeadSize is null && !config.Has("head_dim"))
        {
            config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        }

        int size = config.Size("head_dim", HeadSize ?? hidden / heads);
        config.RequireDivisible("head_dim", size, "2 (rotary pairs)", 2);
        return (double)heads * size <= ConfigReader.LargestSize
            ? size
            : throw config.Wrong("head_dim", $"is {size}, too much for num_attention_heads = {heads}; the heads together may have {ConfigReader.LargestSize} features. Lower one of them");
    }
}
