using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>What a word-piece tokenizer is made of.</summary>
internal sealed record WordPieceModel : TokenizerModel
{
    internal const string Classification = "[CLS]";
    internal const string End = "[SEP]";
    internal const string Padding = "[PAD]";
    internal const string Unknown = "[UNK]";
    internal const string Mask = "[MASK]";
    internal const string VocabularyFileName = "vocab.txt";
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <param name="pieces">The pieces by id.</param>
    internal WordPieceModel(IReadOnlyList<string> pieces)
    {
        Pieces = pieces;
        for (int id = 0; id < pieces.Count; id++)
        {
            _ids.TryAdd(pieces[id], id);
        }
    }

    internal IReadOnlyList<string> Pieces { get; }

    /// <summary>Whether text is made lower case first.</summary>
    internal bool LowerCase { get; init; } = true;

    /// <summary>Whether accents are taken away.</summary>
    internal bool StripAccents { get; init; } = true;

    /// <summary>Whether each Chinese character is a word.</summary>
    internal bool SplitChinese { get; init; } = true;

    /// <summary>Tokens that stand for themselves in a text.</summary>
    internal IReadOnlyList<string> SpecialTokens => [.. new[] { Classification, End, Padding, Unknown, Mask }.Where(_ids.ContainsKey)];

    internal bool Holds(string piece) => _ids.ContainsKey(piece);

    internal int IdOf(string piece) => _ids[piece];

    /// <summary>vocab.txt: one piece a line.</summary>
    internal byte[] VocabularyFile() => Encoding.UTF8.GetBytes(string.Concat(Pieces.Select(piece => piece + "\n")));
}
