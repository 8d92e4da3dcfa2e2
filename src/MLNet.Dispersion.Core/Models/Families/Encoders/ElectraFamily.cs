namespace MLNet.Dispersion.Models;

/// <summary>ELECTRA: BERT with narrow embeddings and without a pooler.</summary>
internal static class ElectraFamily
{
    private static readonly WeightNames Names = BertFamily.Names with
    {
        Stem = [.. BertFamily.Names.Stem, (WeightPart.EmbeddingProjection, "embeddings_project")],
        Tail = [],
        Prefix = "electra.",
        IgnoredBeginnings = ["discriminator_predictions."],
        ArchitectureName = "ElectraModel",
    };

    internal static Architecture Read(ConfigReader config)
    {
        TransformerSpec spec = BertFamily.Spec(config, vocabulary: 30522, types: 2, epsilon: 1e-12);
        int embedded = config.Size("embedding_size", 128);
        double dropout = EncoderHeads.Dropout(config);
        return new Architecture(spec with { Embedding = spec.Embedding with { Size = embedded == spec.HiddenSize ? null : embedded } }, Names)
        {
            Heads =
            [
                EncoderHeads.Dense(dropout, Activation.Gelu),
                EncoderHeads.Tokens(dropout),
                EncoderHeads.Spans,
                EncoderHeads.Masked("generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head", null, Activation.Gelu, spec.Block.Norm, embedded),
            ],
        };
    }
}
