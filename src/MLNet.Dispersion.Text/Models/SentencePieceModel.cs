namespace MLNet.Dispersion.Text;

/// <summary>All that defines a sentence-piece BPE tokenizer, whatever files it came from. Not changed after it is made.</summary>
internal sealed record SentencePieceModel : TokenizerModel
{
    /// <summary>U+2581, which stands for a space in pieces.</summary>
    internal const char Blank = '\u2581';

    /// <summary>The pieces by their ids.</summary>
    internal required IReadOnlyDictionary<int, SentencePiece> Pieces { get; init; }

    /// <summary>What two neighbouring pieces become, and how urgently: the lowest rank first.</summary>
    internal required IReadOnlyDictionary<(int Left, int Right), (int Rank, int Merged)> Merges { get; init; }

    /// <summary>The piece for what no other covers.</summary>
    internal required int UnknownId { get; init; }

    /// <summary>Whether characters that no piece covers become their bytes instead of the unknown piece.</summary>
    internal required bool ByteFallback { get; init; }

    /// <summary>Where a space is put before the text.</summary>
    internal required BlankPrefix Prefix { get; init; }

    /// <summary>Tokens looked for in the text before anything else.</summary>
    internal IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Ids put before every text.</summary>
    internal IReadOnlyList<int> Before { get; init; } = [];

    /// <summary>Ids put after every text.</summary>
    internal IReadOnlyList<int> After { get; init; } = [];

    /// <summary>The beginning-of-sequence token, or null.</summary>
    internal int? BosTokenId { get; init; }

    /// <summary>The end-of-sequence token, or null.</summary>
    internal int? EosTokenId { get; init; }

    /// <summary>The files to write when the tokenizer is saved.</summary>
    internal TokenizerFileSet Files { get; init; } = new([]);

    /// <summary>The ids of the byte pieces <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, or null where one is missing.</summary>
    internal static int[]? ByteIds(IEnumerable<KeyValuePair<int, SentencePiece>> pieces)
    {
        Dictionary<string, int> bytes = pieces.Where(p => p.Value.Kind == SentencePieceKind.Byte).ToDictionary(p => p.Value.Text, p => p.Key, StringComparer.Ordinal);
        int[] ids = [.. Enumerable.Range(0, 256).Select(b => bytes.GetValueOrDefault($"<0x{b:X2}>", -1))];
        return ids.Min() >= 0 && bytes.Count == 256 ? ids : null;
    }
}

/// <summary>One piece of a sentence-piece vocabulary; its id is its place.</summary>
/// <param name="Text">Its text, with U+2581 for a space.</param>
/// <param name="Score">The higher, the sooner two neighbours that make it are merged.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct SentencePiece(string Text, float Score, SentencePieceKind Kind);

/// <summary>What a sentence-piece is; the numbers are those of the file format.</summary>
internal enum SentencePieceKind
{
    /// <summary>An ordinary piece.</summary>
    Normal = 1,

    /// <summary>Stands for what no piece covers.</summary>
    Unknown = 2,

    /// <summary>A token that no ordinary text makes, such as the beginning of a sequence.</summary>
    Control = 3,

    /// <summary>A piece that is always kept whole.</summary>
    UserDefined = 4,

    /// <summary>A piece that is merged further but never given out.</summary>
    Unused = 5,

    /// <summary>One byte, written <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}

/// <summary>Where a sentence-piece tokenizer puts a space before the text.</summary>
internal enum BlankPrefix
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Before the text, but not before what follows a special token in it.</summary>
    First,

    /// <summary>Before every stretch between special tokens.</summary>
    Every,
}
