namespace MLNet.Dispersion.Models;

/// <summary>BERT: an encoder in both directions, with its pooler where the files have one; defaults are Hugging Face's. Parameters are named as in its BertModel.</summary>
internal static class BertFamily
{
    private const string Prefix = "bert.";
    private const string Pooler = "pooler.";

    private static readonly WeightNames Names = new()
    {
        Stem =
        [
            (WeightPart.Tokens, "embeddings.word_embeddings"),
            (WeightPart.Positions, "embeddings.position_embeddings"),
            (WeightPart.TokenTypes, "embeddings.token_type_embeddings"),
            (WeightPart.EmbeddingNorm, "embeddings.LayerNorm"),
        ],
        Blocks = "encoder.layer",
        Block =
        [
            (WeightPart.Query, "attention.self.query"),
            (WeightPart.Key, "attention.self.key"),
            (WeightPart.Value, "attention.self.value"),
            (WeightPart.AttentionOutput, "attention.output.dense"),
            (WeightPart.AttentionNorm, "attention.output.LayerNorm"),
            (WeightPart.MlpUp, "intermediate.dense"),
            (WeightPart.MlpDown, "output.dense"),
            (WeightPart.MlpNorm, "output.LayerNorm"),
        ],
        Tail = [(WeightPart.Pooler, "pooler.dense")],
        Prefix = Prefix,

        // Files converted from the first TensorFlow checkpoints call a norm's weights gamma and beta.
        Aliases = [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")],
        IgnoredEndings = [".position_ids"],
        IgnoredBeginnings = ["cls.", "classifier.", "qa_outputs."],
        ArchitectureName = "BertModel",
        LoraTargets = ["query", "value"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("hidden_size", 768);
        int heads = config.Size("num_attention_heads", 12);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        int vocabulary = config.Size("vocab_size", 30522);
        int context = config.Size("max_position_embeddings", 512);
        int types = config.Size("type_vocab_size", 2);
        int layers = config.Size("num_hidden_layers", 12);
        int inner = config.Size("intermediate_size", 3072);
        config.RequireParameters(hidden * ((double)vocabulary + context + types + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        config.OneOf("position_embedding_type", "absolute", ["absolute"]);
        foreach (string flag in new[] { "is_decoder", "add_cross_attention" })
        {
            if (config.Flag(flag, false))
            {
                throw config.Wrong(flag, "is true; BERT is supported as an encoder alone");
            }
        }

        var norm = new NormSpec(NormKind.Layer, config.Positive("layer_norm_eps", 1e-12));
        double dropout = config.Probability("hidden_dropout_prob", 0.1);
        string activation = config.OneOf("hidden_act", "gelu", ["gelu", "gelu_new", "gelu_pytorch_tanh"]);
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = vocabulary,
                HiddenSize = hidden,
                LayerCount = layers,
                ContextLength = context,
                IsCausal = false,
                Embedding = new EmbeddingSpec { HasPositions = true, TokenTypeCount = types, Norm = norm, Dropout = dropout },
                Block = new BlockSpec
                {
                    Order = BlockOrder.NormLast,
                    Norm = norm,
                    Dropout = dropout,
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = heads,
                        HeadSize = hidden / heads,
                        HasInputBias = true,
                        HasOutputBias = true,
                        Dropout = config.Probability("attention_probs_dropout_prob", 0.1),
                    },
                    Mlp = new MlpSpec { InnerSize = inner, Activation = activation == "gelu" ? Activation.Gelu : Activation.TanhGelu, HasBias = true },
                },
                Summary = HasPooler(config) ? SummaryKind.Pooler : SummaryKind.FirstToken,
            },
            Names);
    }

    private static bool HasPooler(ConfigReader config) => config.HoldsTensors(Pooler) != false || config.HoldsTensors(Prefix + Pooler) == true;
}
