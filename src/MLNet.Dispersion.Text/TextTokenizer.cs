using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace MLNet.Dispersion.Text;

/// <summary>Turns text into token ids and back. Instances are thread-safe.</summary>
/// <remarks>
/// It is a <see cref="Tokenizer"/> of Microsoft.ML.Tokenizers, whose own members (such as <see cref="Tokenizer.EncodeToIds(string, bool, bool)"/>) give a text's tokens without those around it.
/// The members here know more: the tokens around texts, pairs, words given apart, limits, offsets.
/// </remarks>
public abstract class TextTokenizer : Tokenizer
{
    /// <summary>Gets one more than the highest token id.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Gets one more than the highest id of the tokenizer's own vocabulary, without tokens that were added to it. Default: <see cref="VocabularySize"/>.</summary>
    public virtual int OwnVocabularySize => VocabularySize;

    /// <summary>Gets the beginning-of-sequence token, or null.</summary>
    public abstract int? BosTokenId { get; }

    /// <summary>Gets the end-of-sequence token, or null.</summary>
    public abstract int? EosTokenId { get; }

    /// <summary>Encodes a text. Null counts as empty; lone surrogates become U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">The most ids to return, at least 1; the rest is cut off.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below 1.</exception>
    public abstract EncodedText Encode(string? text, int maxTokens = int.MaxValue);

    /// <summary>Encodes two texts as one sequence, as the tokenizer's file joins pairs; where it says nothing: the fixed ids in front, the first text, <see cref="Separator"/>, the second text, the fixed ids behind. Null counts as empty.</summary>
    /// <remarks>
    /// What is too long is cut as Hugging Face's <c>longest_first</c> does it: token by token from the end of the longer text, of the second where both are as long.
    /// </remarks>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second text.</param>
    /// <param name="maxTokens">The most ids to return: at least <see cref="LeastPairTokens"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below that.</exception>
    public virtual EncodedPair EncodePair(string? first, string? second, int maxTokens = int.MaxValue) => PairEncoder.Encode(this, first, second, maxTokens);

    /// <summary>Gets the ids that <see cref="Encode"/> puts in front of every text's own. Default: none.</summary>
    protected internal virtual IReadOnlyList<int> Prefix => [];

    /// <summary>Gets the ids that <see cref="Encode"/> puts behind every text's own. Default: none.</summary>
    protected internal virtual IReadOnlyList<int> Suffix => [];

    /// <summary>Gets the ids between the two texts of a pair. Default: the end-of-sequence token, with which decoders were taught that another text begins; without one a line break.</summary>
    protected internal virtual IReadOnlyList<int> Separator => EosTokenId is { } end ? [end] : PairEncoder.Own(this, "\n", int.MaxValue).Ids;

    /// <summary>Decodes token ids into text; bytes that are no valid UTF-8 become U+FFFD.</summary>
    /// <remarks>Tokens that the tokenizer itself puts around texts give nothing; so do ids below <see cref="VocabularySize"/> that no token has.</remarks>
    /// <param name="ids">Token ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is below 0, or <see cref="VocabularySize"/> or more.</exception>
    public abstract override string Decode(IEnumerable<int> ids);

    /// <summary>Gets the fewest tokens that <see cref="EncodePair"/> may be given: the fixed ones and one of each text.</summary>
    public virtual int LeastPairTokens => PairEncoder.Least(this);

    /// <summary>Writes the tokenizer's files (such as <c>vocab.json</c> and <c>merges.txt</c>) so that <see cref="Load"/> gives an equal one.</summary>
    /// <param name="sink">Where to.</param>
    public abstract void Save(FileSink sink);

    /// <summary>Writes the tokenizer's files as those of a model, whose facts they then state where the tokenizer's own files leave them out; here as <see cref="Save(FileSink)"/>.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="contextLength">The most tokens of a text that the model takes.</param>
    /// <param name="padTokenId">The model's token that rows are filled up with; null where it names none.</param>
    public virtual void Save(FileSink sink, int contextLength, int? padTokenId) => Save(sink);

    /// <summary>Loads the tokenizer of a checkpoint from the files it finds: tokenizer.json, else vocab.json with merges.txt, else a sentence-piece tokenizer.model, else tokenizer_pieces.json, else vocab.txt of word pieces.</summary>
    /// <remarks>What tokenizer_config.json and the files beside it say is followed as Hugging Face's transformers 4 follows it, with which published models were trained.</remarks>
    /// <param name="source">The checkpoint.</param>
    /// <exception cref="ModelFileException">No tokenizer files, or damaged ones, or a kind that is not supported.</exception>
    public static TextTokenizer Load(FileSource source)
    {
        TokenizerSetup setup = TokenizerFiles.Load(source);
        setup = setup with { Files = setup.Files with { Templates = ChatTemplateFiles.InFiles(source, ChatTemplateLimits.Default) } };
        return setup.Pipeline.SpellsBytes ? new ByteLevelBpeTokenizer(setup) : new PipelineTokenizer(setup);
    }

    /// <summary>Says whether any file is there that belongs to a tokenizer, complete or not.</summary>
    /// <param name="source">The checkpoint.</param>
    public static bool IsIn(FileSource source) => TokenizerFiles.Any(source);

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        int[] all = [.. ids ?? throw new ArgumentNullException(nameof(ids))];
        string text = Decode(all);
        bool fits = text.TryCopyTo(destination);
        idsConsumed = fits ? all.Length : 0;
        charsWritten = fits ? text.Length : 0;
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        string whole = text ?? textSpan.ToString();
        int[] ids = PairEncoder.Own(this, whole, int.MaxValue).Ids;
        EncodedToken[] tokens = [.. ids.Take(settings.MaxTokenCount).Select(id => new EncodedToken(id, Decode([id]), 0..0))];
        return new EncodeResults<EncodedToken> { Tokens = tokens, NormalizedText = null, CharsConsumed = tokens.Length == ids.Length ? whole.Length : 0 };
    }
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
        return new EncodedPair
        {
            Ids = ids,
            SecondStart = tokenizer.Prefix.Count + kept + tokenizer.Separator.Count,
            Truncated = oneCut || twoCut || kept < one.Length || keptTwo < two.Length,
        };
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
