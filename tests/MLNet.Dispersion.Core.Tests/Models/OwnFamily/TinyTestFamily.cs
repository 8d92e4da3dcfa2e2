namespace MLNet.Dispersion.Tests.Models.OwnFamily;

/// <summary>A family that exists in the tests alone and mixes values of different ones: parallel branches of GPT-NeoX, norms, heads and gates of Qwen3, matrices and activation of GPT-2, embedding norm of BERT, multipliers of Granite.</summary>
internal static class TinyTestFamily
{
    public const string ModelType = "tinytest";

    private static readonly WeightNames Names = new()
    {
        Stem = [(WeightPart.Tokens, "tiny.words"), (WeightPart.EmbeddingNorm, "tiny.words_norm")],
        Blocks = "tiny.floors",
        Block =
        [
            (WeightPart.AttentionNorm, "look.norm"),
            (WeightPart.Query, "look.q"),
            (WeightPart.Key, "look.k"),
            (WeightPart.Value, "look.v"),
            (WeightPart.QueryNorm, "look.q_norm"),
            (WeightPart.KeyNorm, "look.k_norm"),
            (WeightPart.AttentionOutput, "look.out"),
            (WeightPart.MlpNorm, "think.norm"),
            (WeightPart.MlpGate, "think.gate"),
            (WeightPart.MlpUp, "think.up"),
            (WeightPart.MlpDown, "think.down"),
        ],
        Tail = [(WeightPart.FinalNorm, "tiny.last_norm"), (WeightPart.Head, "speak")],
        Prefix = "tiny.",
        IgnoredEndings = [".look.mask"],
        ArchitectureName = "TinyTestForCausalLM",
        LoraTargets = ["q", "v"],
        InputsFirst = true,
    };

    public static void Register() => BackboneRegistry.RegisterFamily(ModelType, Read);

    private static Architecture Read(ConfigReader config)
    {
        int width = config.Size("width");
        int heads = config.Size("heads");
        int keyHeads = config.Size("key_heads", heads);
        config.RequireDivisible("width", width, "heads", heads);
        config.RequireDivisible("heads", heads, "key_heads", keyHeads);
        config.OneOf("act", "gelu_new", ["gelu_new"]);
        var norm = new NormSpec(NormKind.RootMeanSquare, config.Positive("eps", 1e-5));
        return new Architecture(
            new TransformerSpec
            {
                VocabularySize = config.Size("words"),
                HiddenSize = width,
                LayerCount = config.Size("floors"),
                ContextLength = config.Size("reach"),
                IsCausal = true,
                Embedding = new EmbeddingSpec { Norm = new NormSpec(NormKind.Layer, 1e-5), Scale = config.Positive("word_factor", 1) },
                Block = new BlockSpec
                {
                    Order = BlockOrder.Parallel,
                    Norm = norm,
                    BranchScale = config.Positive("branch_factor", 1),
                    Attention = new AttentionSpec
                    {
                        HeadCount = heads,
                        KeyHeadCount = keyHeads,
                        HeadSize = width / heads,
                        HasInputBias = true,
                        HeadNorm = norm,
                        Rotary = new RotarySpec { Dimensions = width / heads / 2, Theta = 100 },
                    },
                    Mlp = new MlpSpec { InnerSize = config.Size("inner"), Activation = Activation.TanhGelu, IsGated = true, HasBias = true },
                },
                FinalNorm = norm,
                Head = config.Flag("tied", true) ? HeadKind.Tied : HeadKind.Own,
                LogitScale = config.Positive("logit_factor", 1),
            },
            Names);
    }
}
