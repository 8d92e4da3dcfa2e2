namespace MLNet.Dispersion.Text;

/// <summary>Turns text into token ids and back. Instances are thread-safe.</summary>
public abstract class TextTokenizer
{
    /// <summary>Gets one more than the highest token id.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Gets the beginning-of-sequence token, or null.</summary>
    public abstract int? BosTokenId { get; }

    /// <summary>Gets the end-of-sequence token, or null.</summary>
    public abstract int? EosTokenId { get; }

    /// <summary>Encodes a text. Null counts as empty; lone surrogates become U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">The most ids to return, at least 1; the rest is cut off.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below 1.</exception>
    public abstract EncodedText Encode(string? text, int maxTokens = int.MaxValue);

    /// <summary>Encodes two texts as one sequence: the fixed ids in front, the first text, <see cref="Separator"/>, the second text, the fixed ids behind. Null counts as empty.</summary>
    /// <remarks>
    /// What is too long is cut as Hugging Face's <c>longest_first</c> does it: token by token from the end of the longer text, of the second where both are as long.
    /// </remarks>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second text.</param>
    /// <param name="maxTokens">The most ids to return: at least <see cref="LeastPairTokens"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below that.</exception>
    public EncodedPair EncodePair(string? first, string? second, int maxTokens = int.MaxValue) => PairEncoder.Encode(this, first, second, maxTokens);

    /// <summary>Gets the ids that <see cref="Encode"/> puts in front of every text's own. Default: none.</summary>
    protected internal virtual IReadOnlyList<int> Prefix => [];

    /// <summary>Gets the ids that <see cref="Encode"/> puts behind every text's own. Default: none.</summary>
    protected internal virtual IReadOnlyList<int> Suffix => [];

    /// <summary>Gets the ids between the two texts of a pair. Default: the end-of-sequence token, with which decoders were taught that another text begins; without one a line break.</summary>
    protected internal virtual IReadOnlyList<int> Separator => EosTokenId is { } end ? [end] : PairEncoder.Own(this, "\n", int.MaxValue).Ids;

    /// <summary>Decodes token ids into text; bytes that are no valid UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public abstract string Decode(IEnumerable<int> ids);

    /// <summary>Gets the fewest tokens that <see cref="EncodePair"/> may be given: the fixed ones and one of each text.</summary>
    public int LeastPairTokens => PairEncoder.Least(this);

    /// <summary>Writes the tokenizer's files (such as <c>vocab.json</c> and <c>merges.txt</c>) so that <see cref="Load"/> gives an equal one.</summary>
    /// <param name="sink">Where to.</param>
    public abstract void Save(FileSink sink);

    /// <summary>Loads the tokenizer of a checkpoint from the files it finds: tokenizer.json, else vocab.json with merges.txt, else a sentence-piece tokenizer.model, else tokenizer_pieces.json, else vocab.txt of word pieces.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <exception cref="ModelFileException">No tokenizer files, or damaged ones, or a kind that is not supported.</exception>
    public static TextTokenizer Load(FileSource source) => TokenizerFiles.Load(source) switch
    {
        ByteLevelBpeModel model => new ByteLevelBpeTokenizer(model),
        SentencePieceModel model => new SentencePieceBpeTokenizer(model),
        WordPieceModel model => new WordPieceTokenizer(model),
        var other => throw new InvalidOperationException($"There is no tokenizer for a {other.GetType().Name}."),
    };

    /// <summary>Says whether any file is there that belongs to a tokenizer, complete or not.</summary>
    /// <param name="source">The checkpoint.</param>
    public static bool IsIn(FileSource source) => TokenizerFiles.Any(source);
}

/// <summary>Joins two texts into one sequence: prefix, first, separator, second, suffix.</summary>
internal static class PairEncoder
{
    /// <summary>The fewest tokens that leave room for one token of each text.</summary>
    internal static int Least(TextTokenizer tokenizer) => Fixed(tokenizer) + 2;

    internal static EncodedPair Encode(TextTokenizer tokenizer, string? first, string? second, int maxTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, Least(tokenizer));
        int room = maxTokens - Fixed(tokenizer);
        var (one, oneCut) = Own(tokenizer, first, maxTokens);
        var (two, twoCut) = Own(tokenizer, second, maxTokens);
        var (kept, keptTwo) = LongestFirst(one.Length, two.Length, room);
        int[] ids = [.. tokenizer.Prefix, .. one[..kept], .. tokenizer.Separator, .. two[..keptTwo], .. tokenizer.Suffix];
        return new EncodedPair(ids, tokenizer.Prefix.Count + kept + tokenizer.Separator.Count, oneCut || twoCut || kept < one.Length || keptTwo < two.Length);
    }

    /// <summary>How much of each text stays when tokens are taken one by one from the end of the longer, of the second where both are as long.</summary>
    internal static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        if (first + second <= room)
        {
            return (first, second);
        }

        int half = room / 2;
        if (first <= half)
        {
            return (first, room - first);
        }

        return second <= half ? (room - second, second) : (room - half, half);
    }

    /// <summary>A text's ids without those that every text gets.</summary>
    internal static (int[] Ids, bool Cut) Own(TextTokenizer tokenizer, string? text, int maxTokens)
    {
        EncodedText encoded = tokenizer.Encode(text, maxTokens);
        return (encoded.Ids[tokenizer.Prefix.Count..^tokenizer.Suffix.Count], encoded.Truncated);
    }

    private static int Fixed(TextTokenizer tokenizer) => tokenizer.Prefix.Count + tokenizer.Separator.Count + tokenizer.Suffix.Count;
}
