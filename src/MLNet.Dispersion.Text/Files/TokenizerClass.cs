namespace MLNet.Dispersion.Text;

/// <summary>What transformers 4 knows of a class of tokenizers.</summary>
internal sealed record TokenizerClass
{
    private static readonly Dictionary<string, TokenizerClass> Known = MakeKnown();

    /// <summary>Classes by the architecture that config.json names, for checkpoints that name no class.</summary>
    private static readonly Dictionary<string, string> ByModelType = new(StringComparer.Ordinal)
    {
        ["bert"] = "BertTokenizer", ["distilbert"] = "DistilBertTokenizer", ["electra"] = "ElectraTokenizer", ["mobilebert"] = "MobileBertTokenizer", ["mpnet"] = "MPNetTokenizer",
        ["gpt2"] = "GPT2Tokenizer", ["gpt_neo"] = "GPT2Tokenizer", ["gptj"] = "GPT2Tokenizer", ["opt"] = "GPT2Tokenizer", ["gpt_neox"] = "GPTNeoXTokenizer",
        ["llama"] = "LlamaTokenizer", ["mistral"] = "LlamaTokenizer", ["mixtral"] = "LlamaTokenizer", ["gemma"] = "GemmaTokenizer", ["gemma2"] = "GemmaTokenizer",
        ["qwen2"] = "Qwen2Tokenizer", ["qwen2_moe"] = "Qwen2Tokenizer", ["qwen3"] = "Qwen2Tokenizer", ["qwen3_moe"] = "Qwen2Tokenizer",
        ["roberta"] = "RobertaTokenizer", ["xlm-roberta"] = "XLMRobertaTokenizer", ["t5"] = "T5Tokenizer", ["mt5"] = "T5Tokenizer", ["albert"] = "AlbertTokenizer",
    };

    /// <summary>The name, without "Fast".</summary>
    internal required string Name { get; init; }

    /// <summary>The tokens of the roles where the files say nothing.</summary>
    internal IReadOnlyDictionary<string, string> Defaults { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether its normalizer is BERT's, whose switches tokenizer_config.json sets.</summary>
    internal bool IsBert { get; init; }

    /// <summary>Whether it frames texts as add_bos_token and add_eos_token say, whatever the file's post-processor does.</summary>
    internal bool FramesByFlags { get; init; }

    /// <summary>Whether a beginning token is put in front where nothing is said.</summary>
    internal bool BeginsByDefault { get; init; }

    /// <summary>Whether the mask token takes the white space before it where nothing else is said.</summary>
    internal bool StripsBeforeMask { get; init; }

    /// <summary>Whether its post-processor is RoBERTa's, whose switches tokenizer_config.json sets.</summary>
    internal bool IsRoberta { get; init; }

    /// <summary>Whether rows are filled up on the left where nothing is said.</summary>
    internal bool PadsLeft { get; init; }

    /// <summary>BERT's class.</summary>
    internal static TokenizerClass Bert => Known["BertTokenizer"];

    /// <summary>A class that is known.</summary>
    internal static TokenizerClass Named(string name) => Known[name];

    /// <summary>The class that the files name; a class without rules where they name none or an unknown one.</summary>
    internal static TokenizerClass Of(SideFiles side)
    {
        string? name = side.TokenizerClass ?? (side.ModelType is { } type ? ByModelType.GetValueOrDefault(type) : null);
        return name is not null && Known.TryGetValue(name, out TokenizerClass? known) ? known : new TokenizerClass { Name = name ?? "" };
    }

    private static Dictionary<string, TokenizerClass> MakeKnown()
    {
        var known = new Dictionary<string, TokenizerClass>(StringComparer.Ordinal);
        var bert = new TokenizerClass
        {
            Name = "BertTokenizer",
            IsBert = true,
            Defaults = new Dictionary<string, string> { ["unk_token"] = "[UNK]", ["sep_token"] = "[SEP]", ["pad_token"] = "[PAD]", ["cls_token"] = "[CLS]", ["mask_token"] = "[MASK]" },
        };
        foreach (string name in (string[])["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "LayoutLMTokenizer", "LxmertTokenizer", "SqueezeBertTokenizer", "RetriBertTokenizer", "SplinterTokenizer"])
        {
            known[name] = bert with { Name = name };
        }

        var roberta = new Dictionary<string, string>
        {
            ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["unk_token"] = "<unk>", ["sep_token"] = "</s>", ["pad_token"] = "<pad>", ["cls_token"] = "<s>", ["mask_token"] = "<mask>",
        };
        known["MPNetTokenizer"] = bert with { Name = "MPNetTokenizer", StripsBeforeMask = true, Defaults = new Dictionary<string, string>(roberta) { ["unk_token"] = "[UNK]" } };
        foreach (string name in (string[])["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer"])
        {
            known[name] = new TokenizerClass { Name = name, IsRoberta = true, StripsBeforeMask = true, Defaults = roberta };
        }

        known["XLMRobertaTokenizer"] = new TokenizerClass { Name = "XLMRobertaTokenizer", StripsBeforeMask = true, Defaults = roberta };
        known["AlbertTokenizer"] = new TokenizerClass
        {
            Name = "AlbertTokenizer",
            StripsBeforeMask = true,
            Defaults = new Dictionary<string, string>
            {
                ["bos_token"] = "[CLS]", ["eos_token"] = "[SEP]", ["unk_token"] = "<unk>", ["sep_token"] = "[SEP]", ["pad_token"] = "<pad>", ["cls_token"] = "[CLS]", ["mask_token"] = "[MASK]",
            },
        };
        var endOfText = new Dictionary<string, string> { ["bos_token"] = "<|endoftext|>", ["eos_token"] = "<|endoftext|>", ["unk_token"] = "<|endoftext|>" };
        known["GPT2Tokenizer"] = new TokenizerClass { Name = "GPT2Tokenizer", Defaults = endOfText };
        known["GPTNeoXTokenizer"] = new TokenizerClass { Name = "GPTNeoXTokenizer", Defaults = endOfText, FramesByFlags = true };
        known["Qwen2Tokenizer"] = new TokenizerClass { Name = "Qwen2Tokenizer", Defaults = new Dictionary<string, string> { ["eos_token"] = "<|endoftext|>", ["pad_token"] = "<|endoftext|>" } };
        var llama = new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["unk_token"] = "<unk>" };
        foreach (string name in (string[])["LlamaTokenizer", "CodeLlamaTokenizer"])
        {
            known[name] = new TokenizerClass { Name = name, Defaults = llama, FramesByFlags = true, BeginsByDefault = true, PadsLeft = true };
        }

        known["GemmaTokenizer"] = new TokenizerClass
        {
            Name = "GemmaTokenizer",
            FramesByFlags = true,
            BeginsByDefault = true,
            PadsLeft = true,
            Defaults = new Dictionary<string, string> { ["bos_token"] = "<bos>", ["eos_token"] = "<eos>", ["unk_token"] = "<unk>", ["pad_token"] = "<pad>" },
        };
        known["T5Tokenizer"] = new TokenizerClass { Name = "T5Tokenizer", Defaults = new Dictionary<string, string> { ["eos_token"] = "</s>", ["unk_token"] = "<unk>", ["pad_token"] = "<pad>" } };
        return known;
    }
}
