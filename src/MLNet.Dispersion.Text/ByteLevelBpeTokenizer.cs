using System.Text;
using Microsoft.ML.Tokenizers;

namespace MLNet.Dispersion.Text;

/// <summary>The byte-level BPE of GPT-2, Qwen, GPT-NeoX and Llama 3, on the merge engine of Microsoft.ML.Tokenizers.</summary>
/// <remarks>
/// Load one with <see cref="TextTokenizer.Load"/> or train one with <see cref="ByteLevelBpeTrainer"/>. Immutable and thread-safe.
/// Special tokens that stand in the text (such as <c>&lt;|endoftext|&gt;</c>) are encoded as those tokens, as Hugging Face does.
/// A piece without a break (a word, a run of blanks or signs) of more than <see cref="MaxPieceLength"/> UTF-16 units is cut every
/// <see cref="MaxPieceLength"/> units and each part encoded by itself, since merging takes time quadratic in a piece's length; no ordinary text has such a piece.
/// </remarks>
public sealed class ByteLevelBpeTokenizer : TextTokenizer
{
    /// <summary>The most UTF-16 units of text that are merged as one piece.</summary>
    public const int MaxPieceLength = 4096;

    private readonly ByteLevelBpeModel _model;
    private readonly BpeTokenizer _engine;
    private readonly CodePointPreTokenizer _preTokenizer;
    private readonly AddedTokenSplitter _beforeNormalization;
    private readonly AddedTokenSplitter _afterNormalization;
    private readonly Dictionary<int, byte[]> _bytes;

    internal ByteLevelBpeTokenizer(ByteLevelBpeModel model)
    {
        _model = model;
        _preTokenizer = new CodePointPreTokenizer(model.Patterns);
        _beforeNormalization = new AddedTokenSplitter(model.AddedTokens.Where(t => !t.Normalized));
        _afterNormalization = new AddedTokenSplitter(model.AddedTokens.Where(t => t.Normalized));
        _engine = BpeTokenizer.Create(new BpeOptions(model.Vocabulary)
        {
            Merges = model.Merges.Select(m => m.Left + " " + m.Right),
            ByteLevel = true,
            PreTokenizer = _preTokenizer,
        });
        _bytes = model.Vocabulary.ToDictionary(piece => piece.Value, piece => ByteSymbols.Bytes(piece.Key));
        foreach (AddedToken token in model.AddedTokens)
        {
            _bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
        }

        VocabularySize = _bytes.Keys.Max() + 1;
    }

    /// <inheritdoc/>
    public override int VocabularySize { get; }

    /// <inheritdoc/>
    public override int? BosTokenId => _model.BosTokenId;

    /// <inheritdoc/>
    public override int? EosTokenId => _model.EosTokenId;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Prefix => _model.Prefix;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Suffix => _model.Suffix;

    /// <summary>Gets the pieces with their ids, each byte spelled as GPT-2's printable stand-in (a space as <c>Ġ</c>); added tokens are not among them unless the vocabulary file holds them.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _model.Vocabulary;

    /// <summary>Gets the pairs of pieces that are merged, the most urgent first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _model.Merges;

    /// <inheritdoc/>
    public override EncodedText Encode(string? text, int maxTokens = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        var tokens = new TokenCollector(_model.Prefix, _model.Suffix, maxTokens);
        foreach ((string part, AddedToken? token) in _beforeNormalization.Split(UnicodeText.WellFormed(text)))
        {
            if (token is not null)
            {
                tokens.Add(token.Id);
            }
            else
            {
                EncodeUnnormalized(part, tokens);
            }

            if (tokens.Overflowed)
            {
                break;
            }
        }

        return tokens.ToEncodedText();
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using var bytes = new MemoryStream();
        foreach (int id in ids)
        {
            if (!_bytes.TryGetValue(id, out byte[]? piece))
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"There is no token {id} in this vocabulary of {VocabularySize} ids. Decode ids that this tokenizer gave.");
            }

            bytes.Write(piece);
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <inheritdoc/>
    public override void Save(FileSink sink) => _model.Files.Save(sink);

    private void EncodeUnnormalized(string text, TokenCollector tokens)
    {
        string normal = _model.Normalize is null ? text : _model.Normalize(text);
        foreach ((string part, AddedToken? token) in _afterNormalization.Split(normal))
        {
            if (token is not null)
            {
                tokens.Add(token.Id);
            }
            else
            {
                EncodeOrdinary(_model.AddPrefixSpace && part[0] != ' ' ? " " + part : part, tokens);
            }

            if (tokens.Overflowed)
            {
                return;
            }
        }
    }

    private void EncodeOrdinary(string text, TokenCollector tokens)
    {
        foreach ((int offset, int length) in _preTokenizer.PreTokenize(text))
        {
            EncodePiece(text.AsSpan(offset, length), tokens);
            if (tokens.Overflowed)
            {
                return;
            }
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, TokenCollector tokens)
    {
        if (_model.IgnoreMerges && _model.Vocabulary.TryGetValue(ByteSymbols.Spell(piece), out int whole))
        {
            tokens.Add(whole);
            return;
        }

        while (!piece.IsEmpty && !tokens.Overflowed)
        {
            int length = PieceLength.Next(piece);
            tokens.AddRange(_engine.EncodeToIds(piece[..length], considerPreTokenization: false, considerNormalization: false));
            piece = piece[length..];
        }
    }
}
