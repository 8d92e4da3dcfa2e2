namespace MLNet.Dispersion.Models;

/// <summary>Nomic-BERT: BERT with rotary positions, gates and no biases.</summary>
internal static class NomicBertFamily
{
    private static readonly WeightNames Names = new()
    {
        Stem =
        [
            (WeightPart.Tokens, "embeddings.word_embeddings"),
            (WeightPart.TokenTypes, "embeddings.token_type_embeddings"),
            (WeightPart.EmbeddingNorm, "emb_ln"),
        ],
        Blocks = "encoder.layers",
        Block =
        [
            (WeightPart.QueryKeyValue, "attn.Wqkv"),
            (WeightPart.AttentionOutput, "attn.out_proj"),
            (WeightPart.MlpUp, "mlp.fc11"),
            (WeightPart.MlpGate, "mlp.fc12"),
            (WeightPart.MlpDown, "mlp.fc2"),
            (WeightPart.AttentionNorm, "norm1"),
            (WeightPart.MlpNorm, "norm2"),
        ],
        Tail = [(WeightPart.Pooler, "pooler.dense")],
        Prefix = "nomic_bert.",

        // Releases of Hugging Face's library differ in what they call the head's norm.
        Aliases = [.. new[] { "weight", "bias" }.SelectMany(kind => new[] { $"transform.layer_norm.{kind}", $"transform.LayerNorm.{kind}" }.Select(ending => (ending, $"transform.layernorm.{kind}")))],
        IgnoredBeginnings = ["cls.seq_relationship."],
        ArchitectureName = "NomicBertModel",
        LoraTargets = ["Wqkv"],
    };

    internal static Architecture Read(ConfigReader config)
    {
        TransformerSpec spec = BertFamily.Spec(config, vocabulary: 30528, types: 2, epsilon: 1e-12);
        AttentionSpec attention = spec.Block.Attention;
        if (config.Size("head_dim", attention.HeadSize) != attention.HeadSize)
        {
            throw config.Wrong("head_dim", $"is {config.Size("head_dim")}; only hidden_size / num_attention_heads = {attention.HeadSize} is supported");
        }

        Activation activation = config.Activation("hidden_act", "silu");
        return new Architecture(
            spec with
            {
                Summary = BertFamily.HasPooler(config, Names.Prefix) ? SummaryKind.Pooler : SummaryKind.FirstToken,
                Embedding = spec.Embedding with { HasPositions = false },
                Block = spec.Block with
                {
                    Attention = attention with { Storage = AttentionStorage.FusedByKind, HasInputBias = false, HasOutputBias = false, Rotary = new RotaryKeys { Theta = 1000 }.Read(config, attention.HeadSize) },
                    Mlp = spec.Block.Mlp with { Activation = activation, IsGated = true, HasBias = false },
                },
            },
            Names)
        {
            Heads =
            [
                EncoderHeads.Pooled(EncoderHeads.Dropout(config)),
                EncoderHeads.Tokens(EncoderHeads.Dropout(config)),
                EncoderHeads.Masked("cls.predictions.transform.dense", "cls.predictions.transform.layernorm", "cls.predictions.decoder", "cls.predictions.bias", activation, spec.Block.Norm),
            ],
        };
    }
}
