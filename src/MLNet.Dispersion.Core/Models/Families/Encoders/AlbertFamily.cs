namespace MLNet.Dispersion.Models;

/// <summary>ALBERT: narrow embeddings, and layers that share their weights.</summary>
internal static class AlbertFamily
{
    private static readonly WeightNames Names = BertFamily.Names with
    {
        Stem = [.. BertFamily.Names.Stem, (WeightPart.EmbeddingProjection, "encoder.embedding_hidden_mapping_in")],
        Blocks = "encoder.albert_layer_groups",
        Block =
        [
            (WeightPart.MlpNorm, "full_layer_layer_norm"),
            (WeightPart.Query, "attention.query"),
            (WeightPart.Key, "attention.key"),
            (WeightPart.Value, "attention.value"),
            (WeightPart.AttentionOutput, "attention.dense"),
            (WeightPart.AttentionNorm, "attention.LayerNorm"),
            (WeightPart.MlpUp, "ffn"),
            (WeightPart.MlpDown, "ffn_output"),
        ],
        Tail = [(WeightPart.Pooler, "pooler")],
        Prefix = "albert.",
        IgnoredBeginnings = ["sop_classifier."],
        ArchitectureName = "AlbertModel",
    };

    internal static Architecture Read(ConfigReader config)
    {
        int layers = config.LayerCount("num_hidden_layers", 12);
        int groups = config.Size("num_hidden_groups", 1);
        int inner = config.Size("inner_group_num", 1);
        config.RequireFewLayers((long)Math.Max(layers, groups) * inner);
        if (groups > layers)
        {
            throw config.Wrong("num_hidden_groups", $"is {groups}; there are {layers} layers to share them (num_hidden_layers)");
        }

        TransformerSpec spec = BertFamily.Spec(Defaulted(config), vocabulary: 30000, types: 2, epsilon: 1e-12);
        int embedded = config.Size("embedding_size", 128);
        double dropout = config.Probability("classifier_dropout_prob", 0.1);
        int[] shared = [.. Enumerable.Range(0, layers).SelectMany(layer => Enumerable.Range((int)((long)layer * groups / layers) * inner, inner))];
        return new Architecture(
            spec with
            {
                LayerCount = shared.Length,
                SharedBlocks = shared,
                Embedding = spec.Embedding with { Size = embedded },
                Summary = BertFamily.HasPooler(config, Names.Prefix) ? SummaryKind.Pooler : SummaryKind.FirstToken,
            },
            Names with { BlockNumbers = [.. Enumerable.Range(0, groups * inner).Select(block => FormattableString.Invariant($"{block / inner}.albert_layers.{block % inner}"))] })
        {
            Heads =
            [
                EncoderHeads.Pooled(dropout),
                EncoderHeads.Tokens(dropout),
                EncoderHeads.Spans,
                EncoderHeads.Masked("predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias", spec.Block.Mlp.Activation, spec.Block.Norm, embedded),
            ],
        };
    }

    /// <summary>The file with ALBERT's own defaults for keys that it leaves out.</summary>
    private static ConfigReader Defaulted(ConfigReader config) => config.With(
        ("hidden_size", 4096), ("num_attention_heads", 64), ("intermediate_size", 16384), ("hidden_act", "gelu_new"), ("hidden_dropout_prob", 0.0), ("attention_probs_dropout_prob", 0.0));
}
