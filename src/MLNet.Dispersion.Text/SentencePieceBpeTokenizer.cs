using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The BPE of sentence-piece with byte fallback, as in Llama 2 and Mistral.</summary>
/// <remarks>
/// Loaded with <see cref="TextTokenizer.Load"/> from tokenizer.json, from tokenizer.model, or from a list of scored pieces (tokenizer_pieces.json).
/// Immutable and thread-safe. Special tokens that stand in the text (such as <c>&lt;/s&gt;</c>) are encoded as those tokens, as Hugging Face does.
/// Control pieces, the beginning and end tokens among them, decode to nothing, so that decoding what was encoded gives the text back.
/// </remarks>
public sealed class SentencePieceBpeTokenizer : TextTokenizer
{
    private const int ChunkLength = 4096;
    private readonly SentencePieceModel _model;
    private readonly RankedMerger _merger;
    private readonly AddedTokenSplitter _splitter;
    private readonly Dictionary<int, byte[]> _bytes;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly int[] _byteIds;
    private readonly bool _wordsAreSeparate;

    internal SentencePieceBpeTokenizer(SentencePieceModel model)
    {
        _model = model;
        _splitter = new AddedTokenSplitter(model.AddedTokens);
        _merger = new RankedMerger(model.Merges, model.Pieces.Where(p => p.Value.Kind == SentencePieceKind.Unused).Select(p => p.Key));
        _ids = model.Pieces.Where(p => p.Value.Kind is SentencePieceKind.Normal or SentencePieceKind.Unused or SentencePieceKind.UserDefined)
            .ToDictionary(p => p.Value.Text, p => p.Key, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _byteIds = model.ByteFallback ? SentencePieceModel.ByteIds(model.Pieces)! : [];
        _bytes = model.Pieces.ToDictionary(p => p.Key, p => BytesOf(p.Value));
        foreach (AddedToken token in model.AddedTokens)
        {
            _bytes.TryAdd(token.Id, Encoding.UTF8.GetBytes(token.Content));
        }

        _wordsAreSeparate = !model.Merges.Values.Any(m => EndOfWord(model.Pieces[m.Merged].Text, 1) < model.Pieces[m.Merged].Text.Length);
        VocabularySize = _bytes.Keys.Max() + 1;
    }

    /// <inheritdoc/>
    public override int VocabularySize { get; }

    /// <inheritdoc/>
    public override int? BosTokenId => _model.BosTokenId;

    /// <inheritdoc/>
    public override int? EosTokenId => _model.EosTokenId;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Prefix => _model.Before;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Suffix => _model.After;

    /// <inheritdoc/>
    public override EncodedText Encode(string? text, int maxTokens = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        var tokens = new TokenCollector(_model.Before, _model.After, maxTokens);
        bool first = true;
        foreach ((string part, AddedToken? token) in _splitter.Split(UnicodeText.WellFormed(text)))
        {
            if (token is not null)
            {
                tokens.Add(token.Id);
            }
            else
            {
                bool prefixed = _model.Prefix == BlankPrefix.Every || (first && _model.Prefix == BlankPrefix.First);
                EncodeOrdinary((prefixed ? " " + part : part).Replace(' ', SentencePieceModel.Blank), tokens);
            }

            first = false;
            if (tokens.Overflowed)
            {
                break;
            }
        }

        return tokens.ToEncodedText();
    }

    /// <inheritdoc/>
    /// <remarks>A space that the tokenizer put before the text is taken away again.</remarks>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var bytes = new MemoryStream();
        bool strip = _model.Prefix != BlankPrefix.None;
        foreach (int id in ids)
        {
            if (!_bytes.TryGetValue(id, out byte[]? piece))
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"There is no token {id} in this vocabulary of {VocabularySize} ids. Decode ids that this tokenizer gave.");
            }

            bytes.Write(strip && piece is [(byte)' ', ..] ? piece.AsSpan(1) : piece);
            strip &= piece.Length == 0;
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <inheritdoc/>
    public override void Save(FileSink sink) => _model.Files.Save(sink);

    /// <summary>Where words never share a piece, encodes some thousands of characters at a time, cut between words: the ids are the same, and what lies beyond the limit costs nothing.</summary>
    private void EncodeOrdinary(string text, TokenCollector tokens)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty && !tokens.Overflowed)
        {
            int length = _wordsAreSeparate && rest.Length > ChunkLength ? EndOfWord(rest, ChunkLength) : rest.Length;
            tokens.AddRange(EncodeWhole(rest[..length]));
            rest = rest[length..];
        }
    }

    private List<int> EncodeWhole(ReadOnlySpan<char> text)
    {
        var pieces = new List<int>(text.Length);
        Span<byte> bytes = stackalloc byte[4];
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (_ids.TryGetValue(units[..rune.EncodeToUtf16(units)], out int id))
            {
                pieces.Add(id);
            }
            else if (_model.ByteFallback)
            {
                foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)])
                {
                    pieces.Add(_byteIds[value]);
                }
            }
            else if (pieces is not [.., var last] || last != _model.UnknownId)
            {
                pieces.Add(_model.UnknownId);
            }
        }

        return _merger.Merge(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pieces));
    }

    /// <summary>The first place, not before <paramref name="from"/>, where a blank follows something else; the text's end if there is none.</summary>
    private static int EndOfWord(ReadOnlySpan<char> text, int from)
    {
        for (int i = from; i < text.Length; i++)
        {
            if (text[i] == SentencePieceModel.Blank && text[i - 1] != SentencePieceModel.Blank)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static byte[] BytesOf(SentencePiece piece) => piece.Kind switch
    {
        SentencePieceKind.Control => [],
        SentencePieceKind.Byte => [Convert.ToByte(piece.Text[3..5], 16)],
        _ => Encoding.UTF8.GetBytes(piece.Text.Replace(SentencePieceModel.Blank, ' ')),
    };
}
