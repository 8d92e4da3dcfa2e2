namespace MLNet.Dispersion.Models;

/// <summary>MPNet: BERT with a bias of scores by the distance of two tokens, and positions that leave out the padding token.</summary>
internal static class MpnetFamily
{
    // Fixed in Hugging Face's code, whatever the configuration says of padding.
    private const int Pad = 1;
    private const int LongestDistance = 128;

    private static readonly WeightNames Names = BertFamily.Names with
    {
        Stem = [.. BertFamily.Names.Stem.Where(named => named.Part != WeightPart.TokenTypes)],
        Block =
        [
            (WeightPart.Query, "attention.attn.q"),
            (WeightPart.Key, "attention.attn.k"),
            (WeightPart.Value, "attention.attn.v"),
            (WeightPart.AttentionOutput, "attention.attn.o"),
            (WeightPart.AttentionNorm, "attention.LayerNorm"),
            (WeightPart.MlpUp, "intermediate.dense"),
            (WeightPart.MlpDown, "output.dense"),
            (WeightPart.MlpNorm, "output.LayerNorm"),
        ],
        Tail = [(WeightPart.RelativePositions, "encoder.relative_attention_bias"), (WeightPart.Pooler, "pooler.dense")],
        Prefix = "mpnet.",
        IgnoredBeginnings = [],
        ArchitectureName = "MPNetModel",
        LoraTargets = ["q", "v"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        TransformerSpec spec = BertFamily.Spec(config, vocabulary: 30527, types: 0, epsilon: 1e-12, offset: Pad + 1);
        int buckets = config.Size("relative_attention_num_buckets", 32);
        config.RequireDivisible("relative_attention_num_buckets", buckets, "4 (two directions, near and far)", 4);
        if (buckets / 4 >= LongestDistance)
        {
            throw config.Wrong("relative_attention_num_buckets", $"is {buckets}; it must be below {4 * LongestDistance}");
        }

        double dropout = config.Probability("hidden_dropout_prob", 0.1);
        return new Architecture(
            spec with
            {
                Embedding = spec.Embedding with { UncountedToken = Pad },
                Block = spec.Block with { Attention = spec.Block.Attention with { Relative = new BucketBias(buckets, LongestDistance) } },
                Summary = BertFamily.HasPooler(config, Names.Prefix) ? SummaryKind.Pooler : SummaryKind.FirstToken,
            },
            Names)
        {
            Heads = [EncoderHeads.Dense(dropout, Activation.Tanh), EncoderHeads.Tokens(dropout), EncoderHeads.Spans, EncoderHeads.LanguageModelHead(spec.Block.Norm)],
        };
    }
}
