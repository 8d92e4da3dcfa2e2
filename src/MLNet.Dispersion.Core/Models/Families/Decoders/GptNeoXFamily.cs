namespace MLNet.Dispersion.Models;

/// <summary>GPT-NeoX, the architecture of Pythia; defaults are Hugging Face's.</summary>
internal static class GptNeoXFamily
{
    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "gpt_neox.embed_in")],
        Blocks = "gpt_neox.layers",
        Block =
        [
            (WeightPart.AttentionNorm, "input_layernorm"),
            (WeightPart.MlpNorm, "post_attention_layernorm"),
            (WeightPart.QueryKeyValue, "attention.query_key_value"),
            (WeightPart.AttentionOutput, "attention.dense"),
            (WeightPart.MlpUp, "mlp.dense_h_to_4h"),
            (WeightPart.MlpDown, "mlp.dense_4h_to_h"),
        ],
        Tail = [(WeightPart.FinalNorm, "gpt_neox.final_layer_norm"), (WeightPart.Head, "embed_out")],
        Prefix = "gpt_neox.",
        IgnoredEndings = [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"],
        ArchitectureName = "GPTNeoXForCausalLM",
        LoraTargets = ["query_key_value"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 6144);
        int heads = config.Size("num_attention_heads", 64);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        int vocabulary = config.Size("vocab_size", 50432);
        int inner = config.Size("intermediate_size", 24576);
        int layers = config.LayerCount("num_hidden_layers", 44);
        config.RequireParameters(hidden * ((2.0 * vocabulary) + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_eps", 1e-5));
        double dropout = config.Probability("hidden_dropout", 0);
        bool bias = config.Flag("attention_bias", true);
        int context = config.Size("max_position_embeddings", 2048);
        RotarySpec rotary = new RotaryKeys { ThetaKey = "rotary_emb_base", ShareKey = "rotary_pct", Share = 0.25 }.Read(config, hidden / heads);
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = rotary.Scaling?.Extended(context) ?? context,
                IsOpenEnded = rotary.Scaling?.IsOpenEnded ?? false,
                IsCausal = true,
                Embedding = new EmbeddingSpec { Dropout = dropout },
                Block = new BlockSpec
                {
                    Order = config.Flag("use_parallel_residual", true) ? BlockOrder.Parallel : BlockOrder.NormFirst,
                    Norm = norm,
                    Dropout = dropout,
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = heads,
                        HeadSize = hidden / heads,
                        Storage = AttentionStorage.FusedByHead,
                        HasInputBias = bias,
                        HasOutputBias = bias,
                        Rotary = rotary,
                        Dropout = config.Probability("attention_dropout", 0),
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = config.Activation("hidden_act", "gelu"), HasBias = true },
                },
                FinalNorm = norm,
                Head = config.Flag("tie_word_embeddings", false) ? HeadKind.Tied : HeadKind.Own,
            },
            Names)
        {
            Heads = DecoderHeads.All(config, "classifier"),

            // llama.cpp's converter and older libraries read the share of rotated features, and their base, from there.
            SavedNumbers = new Dictionary<string, double> { ["rotary_pct"] = (double)rotary.Dimensions / (hidden / heads), ["rotary_emb_base"] = rotary.Theta },
        };
    }
}
