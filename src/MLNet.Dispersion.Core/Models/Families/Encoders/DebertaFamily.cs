namespace MLNet.Dispersion.Models;

/// <summary>DeBERTa 1, 2 and 3: contents and distances are disentangled in attention.</summary>
internal static class DebertaFamily
{
    private const double Epsilon = 1e-7;

    private static readonly WeightNames Names = BertFamily.Names with
    {
        Tail = [(WeightPart.RelativePositions, "encoder.rel_embeddings"), (WeightPart.RelativeNorm, "encoder.LayerNorm"), (WeightPart.Convolution, "encoder.conv.conv"), (WeightPart.ConvolutionNorm, "encoder.conv.LayerNorm")],
        Prefix = "deberta.",
        Aliases = [],
        IgnoredBeginnings = ["cls.", "mask_predictions."],
    };

    private static readonly WeightNames FirstNames = Names with
    {
        Block =
        [
            (WeightPart.QueryBias, "attention.self.q_bias"),
            (WeightPart.ValueBias, "attention.self.v_bias"),
            (WeightPart.QueryKeyValue, "attention.self.in_proj"),
            (WeightPart.PositionKey, "attention.self.pos_proj"),
            (WeightPart.PositionQuery, "attention.self.pos_q_proj"),
            .. BertFamily.Names.Block.Where(named => named.Part is not (WeightPart.Query or WeightPart.Key or WeightPart.Value)),
        ],
        ArchitectureName = "DebertaModel",
        LoraTargets = ["in_proj"],
    };

    private static readonly WeightNames SecondNames = Names with
    {
        Block =
        [
            (WeightPart.Query, "attention.self.query_proj"),
            (WeightPart.Key, "attention.self.key_proj"),
            (WeightPart.Value, "attention.self.value_proj"),
            (WeightPart.PositionKey, "attention.self.pos_key_proj"),
            (WeightPart.PositionQuery, "attention.self.pos_query_proj"),
            .. BertFamily.Names.Block.Where(named => named.Part is not (WeightPart.Query or WeightPart.Key or WeightPart.Value)),
        ],
        ArchitectureName = "DebertaV2Model",
        LoraTargets = ["query_proj", "value_proj"],
    };

    /// <summary>DeBERTa 1: fused projections, and every distance one of its own.</summary>
    internal static Architecture ReadFirst(ConfigReader config)
    {
        config.RequireFlags(false, "talking_head");
        TransformerSpec spec = Spec(config, vocabulary: 50265);
        DisentangledSpec? relative = Relative(config, spec);
        relative = relative is null ? null : relative with { HasKeyBias = false };
        return new Architecture(Attending(spec, relative, AttentionStorage.FusedByHeadApartBiases), FirstNames) { Heads = Heads(config, spec) };
    }

    /// <summary>DeBERTa 2 and 3: logarithmic buckets, shared projections, a convolution beside the first layer in the larger ones.</summary>
    internal static Architecture ReadSecond(ConfigReader config)
    {
        TransformerSpec spec = Spec(config, vocabulary: 128100);
        DisentangledSpec? relative = Relative(config, spec);
        if (relative is not null)
        {
            bool isBucketed = config.Root["position_buckets"] is not null && config.Number("position_buckets") > 0;
            int span = isBucketed ? config.Size("position_buckets") : relative.Span;
            if (isBucketed && (span < 2 || relative.Span <= 1 + (span / 2)))
            {
                throw config.Wrong("position_buckets", $"is {span}; it must be at least 2, and half of it less than the longest distance, {relative.Span}, minus 1");
            }

            relative = relative with
            {
                Span = span,
                LogarithmicUpTo = isBucketed ? relative.Span : null,
                SharesProjections = config.Flag("share_att_key", false),
                Norm = Kinds(config, "norm_rel_ebd", ["none", "layer_norm"]).Contains("layer_norm") ? spec.Block.Norm : null,
            };
        }

        return new Architecture(Attending(spec, relative, AttentionStorage.Separate) with { Convolution = Convolution(config, spec) }, SecondNames) { Heads = Heads(config, spec) };
    }

    /// <summary>A dense layer on the first token below the classifier; two heads of masked tokens, of which newer files say which they hold.</summary>
    private static IReadOnlyList<HeadSpec> Heads(ConfigReader config, TransformerSpec spec)
    {
        if (config.Size("pooler_hidden_size", spec.HiddenSize) != spec.HiddenSize)
        {
            throw config.Wrong("pooler_hidden_size", $"is {config.Size("pooler_hidden_size")}; only hidden_size = {spec.HiddenSize} is supported");
        }

        double hidden = config.Probability("hidden_dropout_prob", 0.1);
        HeadSpec[] masked =
        [
            BertFamily.MaskedTokens(config, Epsilon),
            EncoderHeads.Masked("lm_predictions.lm_head.dense", "lm_predictions.lm_head.LayerNorm", "lm_predictions.lm_head.decoder", "lm_predictions.lm_head.bias", spec.Block.Mlp.Activation, spec.Block.Norm),
        ];
        return
        [
            new HeadSpec
            {
                Task = HeadTask.Sequence,
                Reading = HeadReading.FirstToken,
                Layers = [new HeadLayer("pooler.dense") { Activation = config.Activation("pooler_hidden_act", "gelu"), Dropout = config.Probability("pooler_dropout", 0) }],
                Output = "classifier",
                Dropout = config.Probability("cls_dropout", hidden),
            },
            EncoderHeads.Tokens(hidden),
            EncoderHeads.Spans,
            .. config.Flag("legacy", true) ? masked : masked.Reverse(),
        ];
    }

    private static TransformerSpec Spec(ConfigReader config, int vocabulary)
    {
        bool hasTypes = config.Has("type_vocab_size") && config.WholeNumber("type_vocab_size") > 0;
        TransformerSpec spec = BertFamily.Spec(config, vocabulary, types: hasTypes ? 2 : 0, Epsilon);
        foreach (var (key, size) in new[] { ("embedding_size", spec.HiddenSize), ("attention_head_size", spec.Block.Attention.HeadSize) })
        {
            if (config.Size(key, size) != size)
            {
                throw config.Wrong(key, $"is {config.Size(key)}; only {size}, as the other sizes have it, is supported");
            }
        }

        return spec with { Embedding = spec.Embedding with { HasPositions = config.Flag("position_biased_input", true), IsZeroAtPadding = true } };
    }

    /// <summary>What both forms share; null where the file asks for no relative attention.</summary>
    private static DisentangledSpec? Relative(ConfigReader config, TransformerSpec spec)
    {
        if (!config.Flag("relative_attention", false))
        {
            return null;
        }

        IReadOnlyList<string> terms = Kinds(config, "pos_att_type", ["c2p", "p2c"]);
        int span = config.Number("max_relative_positions", -1) < 1 ? spec.ContextLength : config.Size("max_relative_positions");
        return new DisentangledSpec
        {
            Span = span,
            ContentToPosition = terms.Contains("c2p"),
            PositionToContent = terms.Contains("p2c"),
            Dropout = spec.Embedding.Dropout ?? 0,
        };
    }

    private static TransformerSpec Attending(TransformerSpec spec, DisentangledSpec? relative, AttentionStorage storage)
    {
        AttentionSpec attention = spec.Block.Attention;
        int terms = 1 + (relative is { ContentToPosition: true } ? 1 : 0) + (relative is { PositionToContent: true } ? 1 : 0);
        return spec with
        {
            Block = spec.Block with { Attention = attention with { Storage = storage, Relative = relative, Scale = 1 / Math.Sqrt((double)attention.HeadSize * terms) } },
        };
    }

    private static ConvolutionSpec? Convolution(ConfigReader config, TransformerSpec spec)
    {
        if (!config.Has("conv_kernel_size") || config.WholeNumber("conv_kernel_size") == 0)
        {
            return null;
        }

        int width = config.Size("conv_kernel_size");
        int groups = config.Size("conv_groups", 1);
        config.RequireDivisible("hidden_size", spec.HiddenSize, "conv_groups", groups);
        return width % 2 == 1
            ? new ConvolutionSpec(width, groups, config.Activation("conv_act", "tanh"), spec.Block.Norm)
            : throw config.Wrong("conv_kernel_size", $"is {width}; it must be an odd number, or 0 for no convolution");
    }

    /// <summary>Words as a list, or in one text with bars between them, as older files have them.</summary>
    private static IReadOnlyList<string> Kinds(ConfigReader config, string key, string[] known)
    {
        if (config.Bars(key) is not { } words)
        {
            return config.Words(key, known) ?? [];
        }

        return words.All(known.Contains) ? words : throw config.Wrong(key, $"must be of {string.Join(", ", known)}");
    }
}
