using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Text;

/// <summary>Makes a sentence-piece tokenizer of a tokenizer.json in the form that Llama 2 has.</summary>
internal static partial class SentencePieceJsonConverter
{
    private const string Cure = "Put the model's tokenizer.model in the place of this file";

    internal static SentencePieceBpeTokenizer Convert(TokenizerJsonParts parts, TokenizerFileSet files)
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

        return new SentencePieceBpeTokenizer(new SentencePieceModel
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
        });
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
