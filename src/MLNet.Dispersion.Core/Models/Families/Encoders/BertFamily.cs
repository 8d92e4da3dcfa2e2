namespace MLNet.Dispersion.Models;

/// <summary>BERT: an encoder in both directions, with its pooler where the files have one; defaults are Hugging Face's. Parameters are named as in its BertModel.</summary>
internal static class BertFamily
{
    private const string Pooler = "pooler.";

    /// <summary>The names that BERT's kin share; each has its own prefix.</summary>
    internal static readonly WeightNames Names = new()
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
        Prefix = "bert.",

        // Files converted from the first TensorFlow checkpoints call a norm's weights gamma and beta.
        Aliases = [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")],
        IgnoredEndings = [".position_ids"],
        IgnoredBeginnings = ["cls."],
        ArchitectureName = "BertModel",
        LoraTargets = ["query", "value"],
    };

    internal static Architecture Read(ConfigReader config) => new(
        Spec(config, vocabulary: 30522, types: 2, epsilon: 1e-12) with { Summary = HasPooler(config, Names.Prefix) ? SummaryKind.Pooler : SummaryKind.FirstToken }, Names)
    {
        Heads = [EncoderHeads.Pooled(EncoderHeads.Dropout(config)), EncoderHeads.Tokens(EncoderHeads.Dropout(config)), EncoderHeads.Spans, MaskedTokens(config, 1e-12)],
    };

    /// <summary>BERT's head of masked tokens.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="epsilon">The norm's epsilon where the file does not say.</param>
    internal static HeadSpec MaskedTokens(ConfigReader config, double epsilon) => EncoderHeads.Masked(
        "cls.predictions.transform.dense",
        "cls.predictions.transform.LayerNorm",
        "cls.predictions.decoder",
        "cls.predictions.bias",
        config.Activation("hidden_act", "gelu"),
        new NormSpec(NormKind.Layer, config.Positive("layer_norm_eps", epsilon)));

    /// <summary>Whether the files hold a pooler; true where there are none, as when a network is made at random.</summary>
    internal static bool HasPooler(ConfigReader config, string prefix) => config.HoldsTensors(Pooler) != false || config.HoldsTensors(prefix + Pooler) == true;

    /// <summary>What BERT's kin share, read by the keys that they share.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="vocabulary">The tokens where the file does not say.</param>
    /// <param name="types">The token types where the file does not say; 0 for none, whatever it says.</param>
    /// <param name="epsilon">The norms' epsilon where the file does not say.</param>
    /// <param name="offset">Rows of the table of positions before that of the first token.</param>
    internal static TransformerSpec Spec(ConfigReader config, int vocabulary, int types, double epsilon, int offset = 0)
    {
        int hidden = config.Size("hidden_size", 768);
        int heads = config.Size("num_attention_heads", 12);
        config.RequireDivisible("hidden_size", hidden, "num_attention_heads", heads);
        int words = config.Size("vocab_size", vocabulary);
        int positions = config.Size("max_position_embeddings", 512);
        types = types == 0 ? 0 : config.Size("type_vocab_size", types);
        int layers = config.LayerCount("num_hidden_layers", 12);
        int inner = config.Size("intermediate_size", 3072);
        config.RequireParameters(hidden * ((double)words + positions + types + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        config.OneOf("position_embedding_type", "absolute", ["absolute"]);
        foreach (string flag in new[] { "is_decoder", "add_cross_attention" })
        {
            if (config.Flag(flag, false))
            {
                throw config.Wrong(flag, "is true; BERT and its kin are supported as encoders alone");
            }
        }

        if (positions <= offset)
        {
            throw config.Wrong("max_position_embeddings", $"is {positions}, of which {offset} stand before the first token; it must be more");
        }

        return new EncoderShape
        {
            Vocabulary = words,
            Hidden = hidden,
            Heads = heads,
            Layers = layers,
            Inner = inner,
            Positions = positions,
            Offset = offset,
            Types = types,
            Epsilon = config.Positive("layer_norm_eps", epsilon),
            Dropout = config.Probability("hidden_dropout_prob", 0.1),
            AttentionDropout = config.Probability("attention_probs_dropout_prob", 0.1),
            Activation = config.Activation("hidden_act", "gelu"),
        }.Spec();
    }
}
