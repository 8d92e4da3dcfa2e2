namespace MLNet.Dispersion.Models;

/// <summary>GPT-J: interleaved rotary positions, and branches that read one norm.</summary>
internal static class GptJFamily
{
    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "transformer.wte")],
        Blocks = "transformer.h",
        Block =
        [
            (WeightPart.AttentionNorm, "ln_1"),
            (WeightPart.Key, "attn.k_proj"),
            (WeightPart.Value, "attn.v_proj"),
            (WeightPart.Query, "attn.q_proj"),
            (WeightPart.AttentionOutput, "attn.out_proj"),
            (WeightPart.MlpUp, "mlp.fc_in"),
            (WeightPart.MlpDown, "mlp.fc_out"),
        ],
        Tail = [(WeightPart.FinalNorm, "transformer.ln_f"), (WeightPart.Head, "lm_head")],
        Prefix = "transformer.",
        IgnoredEndings = [".attn.bias", ".attn.masked_bias"],
        ArchitectureName = "GPTJForCausalLM",
        LoraTargets = ["q_proj", "v_proj"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("n_embd", 4096);
        int heads = config.Size("n_head", 16);
        config.RequireDivisible("n_embd", hidden, "n_head", heads);
        int vocabulary = config.Size("vocab_size", 50400);
        int layers = config.LayerCount("n_layer", 28);
        int inner = config.Size("n_inner", checked(4 * hidden));
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        int size = hidden / heads;
        int turned = config.Has("rotary_dim") || !config.Root.ContainsKey("rotary_dim") ? config.Size("rotary_dim", 64) : size;
        if (turned > size || turned % 2 != 0)
        {
            throw config.Wrong("rotary_dim", $"is {turned}; it must be an even number from 2 to the {size} features of a head");
        }

        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_epsilon", 1e-5));
        HeadKind head = config.Flag("tie_word_embeddings", false) ? HeadKind.Tied : HeadKind.Own;
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = config.Size("n_positions", 2048),
                IsCausal = true,
                Embedding = new EmbeddingSpec { Dropout = config.Probability("embd_pdrop", 0) },
                Block = new BlockSpec
                {
                    Order = BlockOrder.ParallelOneNorm,
                    Norm = norm,
                    Dropout = config.Probability("resid_pdrop", 0),
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = heads,
                        HeadSize = size,
                        Rotary = new RotarySpec { Dimensions = turned, Theta = 10000, IsInterleaved = true },
                        Dropout = config.Probability("attn_pdrop", 0),
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("activation_function", "gelu_new"), HasBias = true },
                },
                FinalNorm = norm,
                Head = head,
                HasHeadBias = head == HeadKind.Own,
            },
            Names)
        {
            Heads = [DecoderHeads.Sequence, DecoderHeads.Spans],
        };
    }
}
