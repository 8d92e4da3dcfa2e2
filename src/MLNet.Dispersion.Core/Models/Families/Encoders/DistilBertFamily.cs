namespace MLNet.Dispersion.Models;

/// <summary>DistilBERT: BERT without token types and pooler, under keys and names of its own.</summary>
internal static class DistilBertFamily
{
    // No configuration holds it.
    private const double Epsilon = 1e-12;

    private static readonly WeightNames Names = new()
    {
        Stem =
        [
            (WeightPart.Tokens, "embeddings.word_embeddings"),
            (WeightPart.Positions, "embeddings.position_embeddings"),
            (WeightPart.EmbeddingNorm, "embeddings.LayerNorm"),
        ],
        Blocks = "transformer.layer",
        Block =
        [
            (WeightPart.Query, "attention.q_lin"),
            (WeightPart.Key, "attention.k_lin"),
            (WeightPart.Value, "attention.v_lin"),
            (WeightPart.AttentionOutput, "attention.out_lin"),
            (WeightPart.AttentionNorm, "sa_layer_norm"),
            (WeightPart.MlpUp, "ffn.lin1"),
            (WeightPart.MlpDown, "ffn.lin2"),
            (WeightPart.MlpNorm, "output_layer_norm"),
        ],
        Tail = [],
        Prefix = "distilbert.",
        IgnoredEndings = [".position_ids"],
        ArchitectureName = "DistilBertModel",
        LoraTargets = ["q_lin", "v_lin"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int hidden = config.Size("dim", 768);
        int heads = config.Size("n_heads", 12);
        config.RequireDivisible("dim", hidden, "n_heads", heads);
        int vocabulary = config.Size("vocab_size", 30522);
        int context = config.Size("max_position_embeddings", 512);
        int layers = config.LayerCount("n_layers", 6);
        int inner = config.Size("hidden_dim", 3072);
        config.RequireParameters(hidden * ((double)vocabulary + context + (layers * ((4.0 * hidden) + (2.0 * inner)))));
        double dropout = config.Probability("dropout", 0.1);
        Activation activation = config.Activation("activation", "gelu");
        TransformerSpec spec = new EncoderShape
        {
            Vocabulary = vocabulary,
            Hidden = hidden,
            Heads = heads,
            Layers = layers,
            Inner = inner,
            Positions = context,
            Epsilon = Epsilon,
            Dropout = dropout,
            AttentionDropout = config.Probability("attention_dropout", 0.1),
            Activation = activation,
        }.Spec();
        return new Architecture(spec, Names)
        {
            Heads =
            [
                new HeadSpec
                {
                    Task = HeadTask.Sequence,
                    Reading = HeadReading.FirstToken,
                    Layers = [new HeadLayer("pre_classifier") { Activation = Activation.Relu }],
                    Output = "classifier",
                    Dropout = config.Probability("seq_classif_dropout", 0.2),
                },
                EncoderHeads.Tokens(dropout),
                EncoderHeads.Spans with { Dropout = config.Probability("qa_dropout", 0.1) },
                EncoderHeads.Masked("vocab_transform", "vocab_layer_norm", "vocab_projector", null, activation, spec.Block.Norm),
            ],
        };
    }
}
