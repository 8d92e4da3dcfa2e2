using System.Text;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Loads a tokenizer from tokenizer.json: byte-level BPE, BPE with byte fallback in the style of sentence-piece, or word pieces.</summary>
internal static class TokenizerJsonLoader
{
    internal const string File = "tokenizer.json";
    private const string Cure = "Only word pieces (BERT) and BPE tokenizers are supported, byte-level ones (GPT-2, Qwen, Llama 3) and those with byte fallback (Llama 2)";

    internal static TokenizerModel Load(FileSource source)
    {
        JsonField root = JsonField.Read(source, File);
        if (WordPieceLoader.IsWordPiece(root))
        {
            return WordPieceLoader.LoadJson(source, root);
        }

        JsonField model = root.Get("model");
        CheckModel(model);
        Dictionary<string, int> vocabulary = BpeVocabularyReader.ReadVocabulary(model.Get("vocab"));
        List<(string Left, string Right)> merges = BpeVocabularyReader.ReadMerges(model.Get("merges"), vocabulary);
        var side = new TokenizerSideFiles(source);
        var table = new AddedTokenTable(vocabulary);
        foreach (JsonField token in root.Find("added_tokens")?.Items() ?? [])
        {
            table.Define(TokenizerSideFiles.ReadDefinition(token, token.Get("id").AsTokenId()), token.Get("id"));
        }

        side.Collect(table);
        var parts = new TokenizerJsonParts
        {
            Root = root,
            Model = model,
            Vocabulary = vocabulary,
            Merges = merges,
            AddedTokens = table,
            BosTokenId = side.RoleId("bos_token", "bos_token_id", table),
            EosTokenId = side.RoleId("eos_token", "eos_token_id", table),
            Template = TokenizerJsonTemplate.Read(root.Find("post_processor")),
        };
        TokenizerFileSet files = Files(source, parts);
        if (TokenizerJsonCuts.Read(root.Find("pre_tokenizer")) is { } cuts)
        {
            return ByteLevel(parts, cuts, files);
        }

        return model.Find("byte_fallback")?.AsBoolean() == true
            ? SentencePieceJsonConverter.Convert(parts, files)
            : throw root.Fail($"its BPE is neither byte-level (pre_tokenizer ByteLevel) nor with byte_fallback. {Cure}");
    }

    private static void CheckModel(JsonField model)
    {
        string type = model.Find("type")?.AsString() ?? (model.Find("merges") is null ? "unnamed" : "BPE");
        if (type != "BPE")
        {
            throw model.Fail($"its kind is {type}. {Cure}");
        }

        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Find(affix) is { } field && field.AsString().Length > 0)
            {
                throw field.Fail($"pieces marked with a {affix.Replace('_', ' ')} are not supported. {Cure}");
            }
        }
    }

    private static ByteLevelBpeModel ByteLevel(TokenizerJsonParts parts, TokenizerJsonCuts cuts, TokenizerFileSet files) => new()
    {
        Vocabulary = parts.Vocabulary,
        Merges = parts.Merges,
        AddedTokens = parts.AddedTokens.Tokens,
        Patterns = cuts.Patterns,
        Normalize = TokenizerJsonNormalizer.ReadUnicodeForms(parts.Root.Find("normalizer")),
        AddPrefixSpace = cuts.AddPrefixSpace,
        IgnoreMerges = parts.Model.Find("ignore_merges")?.AsBoolean() ?? false,
        Prefix = parts.Template.Prefix,
        Suffix = parts.Template.Suffix,
        BosTokenId = parts.BosTokenId,
        EosTokenId = parts.EosTokenId,
        Files = files,
    };

    /// <summary>The file itself, as it is, and beside it the roles of tokens that other files gave.</summary>
    private static TokenizerFileSet Files(FileSource source, TokenizerJsonParts parts)
    {
        JsonObject config = TokenizerConfigWriter.Original(source, TokenizerSideFiles.ConfigFile);
        TokenizerConfigWriter.SetTokens(config, parts.AddedTokens.Tokens, id => parts.AddedTokens.ContentOf(id)!, parts.BosTokenId, parts.EosTokenId);
        config["tokenizer_class"] ??= "PreTrainedTokenizerFast";
        return new TokenizerFileSet(
        [
            new(File, source.ReadAllBytes(File)),
            new(TokenizerSideFiles.ConfigFile, TokenizerConfigWriter.Bytes(config)),
            new(TokenizerSideFiles.MapFile, TokenizerConfigWriter.Bytes(TokenizerConfigWriter.SpecialTokensMap(config, source))),
        ]);
    }
}

/// <summary>What a tokenizer.json and the files beside it say, before it is known which kind of tokenizer it makes.</summary>
internal sealed record TokenizerJsonParts
{
    internal required JsonField Root { get; init; }

    internal required JsonField Model { get; init; }

    internal required Dictionary<string, int> Vocabulary { get; init; }

    internal required List<(string Left, string Right)> Merges { get; init; }

    internal required AddedTokenTable AddedTokens { get; init; }

    internal required TokenizerJsonTemplate Template { get; init; }

    internal int? BosTokenId { get; init; }

    internal int? EosTokenId { get; init; }
}

/// <summary>Reads the normalizer of a byte-level tokenizer.json.</summary>
internal static class TokenizerJsonNormalizer
{
    /// <summary>What is done to ordinary text before it is cut, or null for nothing.</summary>
    internal static Func<string, string>? ReadUnicodeForms(JsonField? normalizer)
    {
        if (normalizer is not { } field)
        {
            return null;
        }

        string type = field.Get("type").AsString();
        return type switch
        {
            "NFC" => UnicodeNormalization.To(NormalizationForm.FormC),
            "NFD" => UnicodeNormalization.To(NormalizationForm.FormD),
            "NFKC" => UnicodeNormalization.To(NormalizationForm.FormKC),
            "NFKD" => UnicodeNormalization.To(NormalizationForm.FormKD),
            "Sequence" => Chain([.. field.Get("normalizers").Items().Select(n => ReadUnicodeForms(n)).OfType<Func<string, string>>()]),
            _ => throw field.Fail($"the normalizer {type} is not supported with byte-level BPE; NFC, NFD, NFKC, NFKD and a Sequence of them are"),
        };
    }

    private static Func<string, string>? Chain(IReadOnlyList<Func<string, string>> steps) =>
        steps.Count == 0 ? null : text => steps.Aggregate(text, (current, step) => step(current));
}
