namespace MLNet.Dispersion.Models;

/// <summary>GPT-2 and its siblings of the same layout, and GPT-BigCode, which is GPT-2 with one key head; defaults are Hugging Face's.</summary>
internal static class Gpt2Family
{
    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "transformer.wte"), (WeightPart.Positions, "transformer.wpe")],
        Blocks = "transformer.h",
        Block =
        [
            (WeightPart.AttentionNorm, "ln_1"),
            (WeightPart.QueryKeyValue, "attn.c_attn"),
            (WeightPart.AttentionOutput, "attn.c_proj"),
            (WeightPart.MlpNorm, "ln_2"),
            (WeightPart.MlpUp, "mlp.c_fc"),
            (WeightPart.MlpDown, "mlp.c_proj"),
        ],
        Tail = [(WeightPart.FinalNorm, "transformer.ln_f"), (WeightPart.Head, "lm_head")],
        Prefix = "transformer.",
        IgnoredEndings = [".attn.bias", ".attn.masked_bias"],
        ArchitectureName = "GPT2LMHeadModel",
        LoraTargets = ["c_attn"],
        InputsFirst = true,
    };

    private static readonly WeightNames BigCodeNames = Names with { ArchitectureName = "GPTBigCodeForCausalLM", InputsFirst = false };

    /// <summary>GPT-BigCode, the first StarCoder: its linear layers store their weights [out, in].</summary>
    internal static Architecture ReadBigCode(ConfigReader config)
    {
        TransformerSpec spec = Spec(config, "gelu_pytorch_tanh");
        AttentionSpec attention = spec.Block.Attention;
        attention = config.Flag("multi_query", true)
            ? attention with { KeyHeadCount = 1 }
            : attention with { Storage = AttentionStorage.FusedByHead };
        return new Architecture(spec with { Block = spec.Block with { Attention = attention } }, BigCodeNames) { Heads = DecoderHeads.Classes(config, "classifier") };
    }

    internal static Architecture Read(ConfigReader config)
    {
        TransformerSpec spec = Spec(config, "gelu_new");

        // llama.cpp's converter reads the length from there.
        return new Architecture(spec, Names) { Heads = DecoderHeads.All(config, "classifier"), SavedNumbers = new Dictionary<string, double> { ["n_ctx"] = spec.ContextLength } };
    }

    private static TransformerSpec Spec(ConfigReader config, string activation)
    {
        int hidden = config.Size("n_embd", 768);
        int heads = config.Size("n_head", 12);
        config.RequireDivisible("n_embd", hidden, "n_head", heads);
        int vocabulary = config.Size("vocab_size", 50257);
        int context = config.Size("n_positions", 1024);
        int layers = config.LayerCount("n_layer", 12);
        int inner = config.Size("n_inner", 4 * hidden);
        config.RequireParameters(hidden * ((double)vocabulary + context + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        if (config.Flag("add_cross_attention", false))
        {
            throw config.Wrong("add_cross_attention", "is true; cross attention belongs to encoder-decoder models, which are not supported");
        }

        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_epsilon", 1e-5));
        return new TransformerSpec
        {
            VocabularySize = vocabulary,
            HiddenSize = hidden,
            LayerCount = layers,
            ContextLength = context,
            IsCausal = true,
            Embedding = new EmbeddingSpec { HasPositions = true, Dropout = config.Probability("embd_pdrop", 0.1) },
            Block = new BlockSpec
            {
                Order = BlockOrder.NormFirst,
                Norm = norm,
                Dropout = config.Probability("resid_pdrop", 0.1),
                Attention = new AttentionSpec
                {
                    HeadCount = heads,
                    KeyHeadCount = heads,
                    HeadSize = hidden / heads,
                    Storage = AttentionStorage.FusedByKind,
                    HasInputBias = true,
                    HasOutputBias = true,
                    Scale = config.Flag("scale_attn_weights", true) ? null : 1,
                    ScalesByLayer = config.Flag("scale_attn_by_inverse_layer_idx", false),
                    Dropout = config.Probability("attn_pdrop", 0.1),
                },
                Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("activation_function", activation), HasBias = true },
            },
            FinalNorm = norm,
            Head = config.Flag("tie_word_embeddings", true) ? HeadKind.Tied : HeadKind.Own,
            ScalesResidualInitialisation = true,
        };
    }
}
