using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Text;

/// <summary>Makes a sentence-piece tokenizer of a tokenizer.json in the form that Llama 2 has.</summary>
internal static partial class SentencePieceJsonConverter
{
    private const string Cure = "Put the model's tokenizer.model in the place of this file";

    internal static SentencePieceModel Convert(TokenizerJsonParts parts, TokenizerFileSet files)
    {
        JsonField root = parts.Root;
        string unknown = parts.Model.Get("unk_token").AsString();
        if (parts.AddedTokens.IdOf(unknown) is not { } unknownId)
        {
            throw parts.Model.Get("unk_token").Fail($"the vocabulary lacks the token \"{unknown}\"");
        }

        if (parts.Model.Find("ignore_merges")?.AsBoolean() == true)
        {
            throw parts.Model.Get("ignore_merges").Fail($"it is not supported with byte_fallback. {Cure}");
        }

        Dictionary<int, SentencePiece> pieces = Pieces(parts, unknownId);
        if (SentencePieceModel.ByteIds(pieces) is null)
        {
            throw parts.Model.Get("vocab").Fail("byte_fallback needs the 256 byte pieces <0x00> to <0xFF>");
        }

        return new SentencePieceModel
        {
            Pieces = pieces,
            Merges = Merges(parts),
            UnknownId = unknownId,
            ByteFallback = true,
            Prefix = SentencePieceJsonBlanks.Read(root.Find("normalizer"), root.Find("pre_tokenizer"), root),
            AddedTokens = parts.AddedTokens.Tokens,
            Before = parts.Template.Prefix,
            After = parts.Template.Suffix,
            BosTokenId = parts.BosTokenId,
            EosTokenId = parts.EosTokenId,
            Files = files,
        };
    }

    [GeneratedRegex("^<0x[0-9A-F]{2}>$")]
    private static partial Regex BytePiece();

    private static Dictionary<int, SentencePiece> Pieces(TokenizerJsonParts parts, int unknownId)
    {
        HashSet<string> control = [.. parts.AddedTokens.Tokens.Where(t => t.Special).Select(t => t.Content)];
        return parts.Vocabulary.ToDictionary(p => p.Value, p => new SentencePiece(p.Key, 0, KindOf(p.Key, p.Value)));

        SentencePieceKind KindOf(string text, int id) =>
            id == unknownId ? SentencePieceKind.Unknown
            : control.Contains(text) ? SentencePieceKind.Control
            : BytePiece().IsMatch(text) ? SentencePieceKind.Byte
            : SentencePieceKind.Normal;
    }

    private static Dictionary<(int Left, int Right), (int Rank, int Merged)> Merges(TokenizerJsonParts parts) => parts.Merges
        .Select((merge, rank) => (merge, rank))
        .ToDictionary(
            x => (parts.Vocabulary[x.merge.Left], parts.Vocabulary[x.merge.Right]),
            x => (x.rank, parts.Vocabulary[x.merge.Left + x.merge.Right]));
}

/// <summary>Reads how a sentence-piece style tokenizer.json treats spaces: by a normalizer of Prepend and Replace, or by the pre-tokenizer Metaspace.</summary>
internal static class SentencePieceJsonBlanks
{
    private const string Blank = "\u2581";
    private const string Cure = "Put the model's tokenizer.model in the place of this file";

    internal static BlankPrefix Read(JsonField? normalizer, JsonField? preTokenizer, JsonField root)
    {
        bool prepends = false;
        bool replaces = false;
        foreach (JsonField step in Steps(normalizer, "normalizers"))
        {
            switch (step.Get("type").AsString())
            {
                case "Prepend" when step.Get("prepend").AsString() == Blank:
                    prepends = true;
                    break;
                case "Replace" when step.Get("content").AsString() == Blank && step.Get("pattern").Find("String")?.AsString() == " ":
                    replaces = true;
                    break;
                default:
                    throw step.Fail($"with byte_fallback, only a Prepend of \"{Blank}\" and a Replace of \" \" by \"{Blank}\" are supported. {Cure}");
            }
        }

        if (preTokenizer is { } metaspace)
        {
            return replaces || prepends ? throw metaspace.Fail($"a normalizer treats the spaces already. {Cure}") : ReadMetaspace(metaspace);
        }

        return replaces
            ? prepends ? BlankPrefix.Every : BlankPrefix.None
            : throw root.Fail($"its BPE is neither byte-level (pre_tokenizer ByteLevel) nor does it write spaces as \"{Blank}\". {Cure}");
    }

    private static BlankPrefix ReadMetaspace(JsonField field)
    {
        bool known = field.Get("type").AsString() == "Metaspace"
            && (field.Find("replacement")?.AsString() ?? Blank) == Blank
            && field.Find("split")?.AsBoolean() == false;
        string scheme = field.Find("prepend_scheme")?.AsString() ?? "always";
        return (known, scheme) switch
        {
            (true, "always") => BlankPrefix.Every,
            (true, "first") => BlankPrefix.First,
            (true, "never") => BlankPrefix.None,
            _ => throw field.Fail($"with byte_fallback, only a Metaspace with split false, \"{Blank}\" and prepend_scheme always, first or never is supported. {Cure}"),
        };
    }

    private static IEnumerable<JsonField> Steps(JsonField? normalizer, string listName) => normalizer switch
    {
        null => [],
        { } field when field.Get("type").AsString() == "Sequence" => field.Get(listName).Items(),
        { } field => [field],
    };
}
