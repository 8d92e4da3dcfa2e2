namespace MLNet.Dispersion.Models;

/// <summary>RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions leave out the padding token.</summary>
internal static class RobertaFamily
{
    private const int DefaultPad = 1;

    private static readonly WeightNames Names = BertFamily.Names with
    {
        Prefix = "roberta.",
        Aliases = [],
        IgnoredEndings = [".position_ids"],
        IgnoredBeginnings = [],
    };

    internal static Architecture Read(ConfigReader config)
    {
        int pad = Pad(config);
        TransformerSpec spec = BertFamily.Spec(config, vocabulary: 50265, types: 2, epsilon: 1e-12, offset: pad + 1);
        return new Architecture(
            spec with
            {
                Embedding = spec.Embedding with { UncountedToken = pad },
                Summary = BertFamily.HasPooler(config, Names.Prefix) ? SummaryKind.Pooler : SummaryKind.FirstToken,
            },
            Names with { ArchitectureName = config.ModelType switch { "xlm-roberta" => "XLMRobertaModel", "camembert" => "CamembertModel", _ => "RobertaModel" } })
        {
            Heads = [EncoderHeads.Dense(EncoderHeads.Dropout(config), Activation.Tanh), EncoderHeads.Tokens(EncoderHeads.Dropout(config)), EncoderHeads.Spans, EncoderHeads.LanguageModelHead(spec.Block.Norm)],
        };
    }

    private static int Pad(ConfigReader config) => config.Has("pad_token_id") || !config.Root.ContainsKey("pad_token_id")
        ? config.Has("pad_token_id") ? config.WholeNumber("pad_token_id") : DefaultPad
        : throw config.Wrong("pad_token_id", "is null; positions are counted from it, so it must be a token id");
}
