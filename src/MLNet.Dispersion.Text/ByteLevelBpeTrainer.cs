namespace MLNet.Dispersion.Text;

/// <summary>Learns a byte-level BPE vocabulary from texts, in GPT-2's form.</summary>
/// <remarks>
/// The pieces are cut by GPT-2's pattern. Ids are given in this order: the 256 bytes as in GPT-2's vocabulary, the merges in the order in which they
/// were learned, the special tokens. The most frequent pair is merged next; of equally frequent ones, the one with the lower first id, then the lower
/// second. So the same texts give the same vocabulary on every machine. Stateless and thread-safe.
/// </remarks>
public static class ByteLevelBpeTrainer
{
    /// <summary>How often a pair must at least occur to be merged when nothing else is said.</summary>
    public const int DefaultMinimumFrequency = 2;

    /// <summary>Learns a vocabulary of pairs that occur at least <see cref="DefaultMinimumFrequency"/> times.</summary>
    /// <param name="texts">The texts; read once, one after the other. Null ones count as empty.</param>
    /// <param name="vocabularySize">Token ids in all: 256 bytes, merges and special tokens. Fewer come out when the texts hold no further pair often enough.</param>
    /// <param name="specialTokens">Tokens that are never cut and never learned from, such as <c>&lt;|endoftext|&gt;</c>. The last one serves as beginning and end of sequence; with none there is no such token.</param>
    /// <param name="cancellationToken">Ends the work early with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vocabularySize"/> is below 256 plus the special tokens, or above 2^24.</exception>
    /// <exception cref="ArgumentException">A special token is empty, there twice or a single byte's symbol.</exception>
    public static ByteLevelBpeTokenizer Train(IEnumerable<string?> texts, int vocabularySize, IReadOnlyList<string> specialTokens, CancellationToken cancellationToken = default) =>
        Train(texts, vocabularySize, specialTokens, DefaultMinimumFrequency, cancellationToken);

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="texts">The texts; read once, one after the other. Null ones count as empty.</param>
    /// <param name="vocabularySize">Token ids in all: 256 bytes, merges and special tokens. Fewer come out when the texts hold no further pair often enough.</param>
    /// <param name="specialTokens">Tokens that are never cut and never learned from, such as <c>&lt;|endoftext|&gt;</c>. The last one serves as beginning and end of sequence; with none there is no such token.</param>
    /// <param name="minimumFrequency">How often a pair must at least occur to be merged. At least 1.</param>
    /// <param name="cancellationToken">Ends the work early with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vocabularySize"/> is below 256 plus the special tokens or above 2^24, or <paramref name="minimumFrequency"/> is below 1.</exception>
    /// <exception cref="ArgumentException">A special token is empty, there twice or a single byte's symbol.</exception>
    public static ByteLevelBpeTokenizer Train(IEnumerable<string?> texts, int vocabularySize, IReadOnlyList<string> specialTokens, int minimumFrequency, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumFrequency, 1);
        Check(vocabularySize, specialTokens);
        Dictionary<string, long> words = CountPieces(texts, specialTokens, cancellationToken);
        var learner = new BpeMergeLearner(words, minimumFrequency);
        learner.Learn(vocabularySize - specialTokens.Count, [.. specialTokens], cancellationToken);
        return Assemble(learner, specialTokens);
    }

    private static void Check(int vocabularySize, IReadOnlyList<string> specialTokens)
    {
        ArgumentNullException.ThrowIfNull(specialTokens);
        int least = 256 + specialTokens.Count;
        if (vocabularySize < least || vocabularySize > TokenId.Largest + 1)
        {
            throw new ArgumentOutOfRangeException(nameof(vocabularySize), vocabularySize, $"The vocabulary size is {vocabularySize}; it must be from {least} (256 bytes and {specialTokens.Count} special tokens) to {TokenId.Largest + 1}.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string token in specialTokens)
        {
            bool isByte = token is { Length: 1 } && ByteSymbols.IsSymbol(token[0]);
            if (string.IsNullOrEmpty(token) || isByte || !seen.Add(token))
            {
                throw new ArgumentException($"The special token \"{token}\" is empty, there twice or a single byte's symbol. Give each special token a text of its own, such as <|endoftext|>.", nameof(specialTokens));
            }
        }
    }

    private static Dictionary<string, long> CountPieces(IEnumerable<string?> texts, IReadOnlyList<string> specialTokens, CancellationToken cancellationToken)
    {
        var finder = new AddedTokenFinder(specialTokens.Select((content, i) => new TextOfToken(content, new AddedToken(content), i)));
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var parts = new List<(AlignedText Text, int Id)>();
        var pieces = new List<AlignedText>();
        foreach (string? text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            parts.Clear();
            finder.Cut(new AlignedText(UnicodeText.WellFormed(text)), specialsAsText: false, parts);
            foreach ((AlignedText part, int id) in parts)
            {
                if (id < 0)
                {
                    pieces.Clear();
                    CutterReader.Gpt2Words.Cut(part, pieces);
                    pieces.ForEach(piece => Count(piece.Span, bySpan));
                }
            }
        }

        return counts;
    }

    private static void Count(ReadOnlySpan<char> piece, Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts)
    {
        while (!piece.IsEmpty)
        {
            int length = PieceLength.Next(piece);
            counts.TryGetValue(piece[..length], out long count);
            counts[piece[..length]] = count + 1;
            piece = piece[length..];
        }
    }

    private static ByteLevelBpeTokenizer Assemble(BpeMergeLearner learner, IReadOnlyList<string> specialTokens)
    {
        var vocabulary = Vocabulary.Of(learner.Pieces.Concat(specialTokens).Select((piece, id) => (piece, id)));
        return new ByteLevelBpeTokenizer(TokenizerFiles.CreateTrained(vocabulary, [.. learner.Merges], specialTokens));
    }
}
