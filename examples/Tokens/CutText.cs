namespace MLNet.Dispersion.Examples.Tokens;

/// <summary>What kind a token is, for its colour.</summary>
internal enum TokenKind
{
    /// <summary>A piece of the text.</summary>
    Piece,

    /// <summary>Put around the text, or a special token that stands in it.</summary>
    Special,

    /// <summary>Stands for text that the vocabulary cannot tell.</summary>
    Unknown,
}

/// <summary>A text, or a pair, with its tokens and what is to be said of them.</summary>
internal sealed class CutText
{
    private static readonly string[] UnknownNames = ["<unk>", "[UNK]", "<UNK>", "<|unk|>"];
    private readonly PipelineTokenizer _tokenizer;
    private readonly string[] _texts;

    /// <summary>Cuts it.</summary>
    public CutText(PipelineTokenizer tokenizer, string text, string? second, TextEncodingOptions options)
    {
        _tokenizer = tokenizer;
        _texts = second is null ? [text] : [text, second];
        Encoded = tokenizer.Tokenize(text, second, options);
    }

    /// <summary>Gets the tokens.</summary>
    public TextEncoding Encoded { get; }

    /// <summary>Gets how many tokens were cut off.</summary>
    public int CutOff => Encoded.Overflowing.Sum(row => row.SpecialTokensMask.Count(mask => !mask));

    /// <summary>Gets how many tokens stand for text that the vocabulary cannot tell.</summary>
    public int Unknown => Enumerable.Range(0, Encoded.Ids.Count).Count(i => KindOf(i) == TokenKind.Unknown);

    /// <summary>Gets the text decoded again, without special tokens.</summary>
    public string Decoded => _tokenizer.Decode(Encoded.Ids, skipSpecialTokens: true);

    /// <summary>Gets whether the text comes back, with the special tokens that stand in it or without.</summary>
    public bool ComesBack => Decoded == Text || _tokenizer.Decode(Encoded.Ids, skipSpecialTokens: false) == Text;

    /// <summary>Gets the text that was cut.</summary>
    public string Text => string.Concat(_texts);

    /// <summary>The part of the text that a token stands for.</summary>
    public string PartOf(int i) => Encoded.SequenceIds[i] is { } sequence ? Part(sequence, Encoded.Offsets[i].Start, Encoded.Offsets[i].End) : "";

    /// <summary>A part of the first text (0) or the second (1); empty where it ends before it begins.</summary>
    public string Part(int sequence, int start, int end) => start < end ? _texts[sequence][start..end] : "";

    /// <summary>What kind a token is.</summary>
    public TokenKind KindOf(int i)
    {
        string token = Encoded.Tokens[i];
        bool isUnknown = _tokenizer.IdOf(token) != Encoded.Ids[i] || (UnknownNames.Contains(token) && PartOf(i) != token);
        return Encoded.SequenceIds[i] is null ? TokenKind.Special
            : isUnknown ? TokenKind.Unknown
            : IsSpecial(Encoded.Ids[i]) ? TokenKind.Special
            : TokenKind.Piece;
    }

    /// <summary>Whether decoding leaves a token out where special ones are left out.</summary>
    private bool IsSpecial(int id) => _tokenizer.Decode([id], skipSpecialTokens: true).Length == 0 && _tokenizer.Decode([id], skipSpecialTokens: false).Length > 0;
}
