using Microsoft.ML.Tokenizers;

namespace MLNet.Dispersion.Text;

/// <summary>A tokenizer as the files of a model say it: normalizer, pre-tokenizer, model (BPE, WordPiece, Unigram or WordLevel), post-processor, decoder, added tokens.</summary>
/// <remarks>
/// Loaded with <see cref="TextTokenizer.Load"/>. Immutable and thread-safe. Its answers are those of Hugging Face's library to the same files.
/// Special tokens that stand in a text (such as <c>&lt;|endoftext|&gt;</c>) are read as those tokens; <see cref="TextEncodingOptions.SpecialTokensAsText"/> reads them as text.
/// Offsets always speak of the original text, whatever normalizing did to it.
/// </remarks>
public class PipelineTokenizer : TextTokenizer
{
    private readonly TokenizerSetup _setup;
    private readonly TokenPipeline _pipeline;
    private readonly Lazy<TokenFrame> _frame;
    private readonly Lazy<HashSet<int>> _quiet;
    private readonly Lazy<ChatTemplate> _chatTemplate;

    internal PipelineTokenizer(TokenizerSetup setup)
    {
        _setup = setup;
        _pipeline = setup.Pipeline;
        _frame = new(FindFrame);
        _chatTemplate = new(() => ChatTemplate.Load(new FilesInMemory(TokenizerSaving.Flat(setup.Files), "the tokenizer's files")));
        _quiet = new(FindQuiet);
    }

    /// <inheritdoc/>
    public override int VocabularySize => _pipeline.Added.IdLimit;

    /// <inheritdoc/>
    public override int OwnVocabularySize => _pipeline.Model.IdLimit;

    /// <inheritdoc/>
    public override int? BosTokenId => _setup.BosTokenId;

    /// <inheritdoc/>
    public override int? EosTokenId => _setup.EosTokenId;

    /// <summary>Gets the token that rows are filled up with, or null.</summary>
    public int? PadTokenId => _setup.PadTokenId;

    /// <summary>Gets the chat templates that came with the tokenizer's files; one without names where there were none. Read at first use.</summary>
    /// <exception cref="ModelFileException">The files say of a template what is no text.</exception>
    public ChatTemplate ChatTemplate => _chatTemplate.Value;

    /// <summary>Gets the limit that the model's files state, special tokens included; or null. No method applies it by itself.</summary>
    public int? ModelMaxLength => _setup.ModelMaxLength;

    /// <summary>Gets the side on which the model's files say that rows are cut. No method applies it by itself.</summary>
    public TextSide TruncationSide => _setup.TruncationSide;

    /// <summary>Gets the side on which the model's files say that rows are filled up. No method applies it by itself.</summary>
    public TextSide PaddingSide => _setup.PaddingSide;

    /// <summary>Gets how texts are cut where <see cref="TextEncodingOptions.UseFileLimits"/> says so; null where the file says nothing.</summary>
    public TextTruncation? FileTruncation => _pipeline.Truncation;

    /// <summary>Gets how rows are filled up where <see cref="TextEncodingOptions.UseFileLimits"/> says so; null where the file says nothing.</summary>
    public TextPadding? FilePadding => _pipeline.Padding;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Prefix => _frame.Value.Prefix;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Suffix => _frame.Value.Suffix;

    /// <summary>The steps.</summary>
    internal TokenPipeline Pipeline => _pipeline;

    /// <summary>What the files say besides the steps.</summary>
    internal TokenizerSetup Setup => _setup;

    private bool JoinsPairs => _pipeline.Processor?.JoinsPairs == true && !_setup.JoinsPairsByEnd;

    /// <inheritdoc/>
    public override EncodedText Encode(string? text, int maxTokens = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        TokenFrame frame = _frame.Value;
        (int[] prefix, int[] suffix) = (frame.Prefix, frame.Suffix);
        int room = Math.Max(0, maxTokens - prefix.Length - suffix.Length);
        List<int> own = _pipeline.EncodeIds(UnicodeText.WellFormed(text), room == int.MaxValue ? room : room + 1, _setup.SpecialTokensAsText);
        int kept = Math.Min(own.Count, room);
        bool cut = own.Count > room;
        int[] ids = new int[prefix.Length + kept + suffix.Length];
        Array.Copy(prefix, ids, prefix.Length);
        own.CopyTo(0, ids, prefix.Length, kept);
        Array.Copy(suffix, 0, ids, prefix.Length + kept, suffix.Length);
        return new EncodedText { Ids = ids.Length > maxTokens ? ids[..maxTokens] : ids, Truncated = cut || ids.Length > maxTokens };
    }

    /// <inheritdoc/>
    public override EncodedPair EncodePair(string? first, string? second, int maxTokens = int.MaxValue)
    {
        if (!JoinsPairs)
        {
            return base.EncodePair(first, second, maxTokens);
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, LeastPairTokens);
        List<TokenRow> rows = Rows(UnicodeText.WellFormed(first), UnicodeText.WellFormed(second), _setup.SpecialTokensAsText);
        int room = maxTokens - _pipeline.Processor!.AddedCount(pair: true);
        (int kept, int keptSecond) = PairEncoder.LongestFirst(rows[0].Count, rows[1].Count, room);
        bool cut = kept < rows[0].Count || keptSecond < rows[1].Count;
        TokenRow row = _pipeline.Finish([rows[0].Truncate(kept, 0, fromLeft: false, keepsOverflowing: false), rows[1].Truncate(keptSecond, 0, fromLeft: false, keepsOverflowing: false)], addSpecialTokens: true, truncation: null, keepsOverflowing: false);
        int start = row.Tokens.FindIndex(token => token.Sequence == 1);
        return new EncodedPair { Ids = [.. row.Tokens.Select(token => token.Id)], SecondStart = start >= 0 ? start : SecondStart(row), Truncated = cut };
    }

    /// <inheritdoc/>
    public override int LeastPairTokens => JoinsPairs ? _pipeline.Processor!.AddedCount(pair: true) + 2 : base.LeastPairTokens;

    /// <summary>Makes tokens of a text or a pair, with all that is known of them.</summary>
    /// <param name="text">The text; null counts as empty.</param>
    /// <param name="secondText">The second text of a pair; null: there is none.</param>
    /// <param name="options">How; null: the standard.</param>
    /// <exception cref="TokenizationException">The text cannot be told in the vocabulary, or not be cut as asked.</exception>
    /// <exception cref="TextPatternException">A pattern took too many steps on the text.</exception>
    public TextEncoding Tokenize(string? text, string? secondText = null, TextEncodingOptions? options = null)
    {
        TextEncodingOptions how = options ?? new TextEncodingOptions();
        string first = UnicodeText.WellFormed(text);
        string? second = secondText is null ? null : UnicodeText.WellFormed(secondText);
        TokenRow row = _pipeline.Finish(Rows(first, second, (how.SpecialTokensAsText || _setup.SpecialTokensAsText)), how.AddSpecialTokens, Truncation(how), how.ReturnOverflowing);
        row = TokenPipeline.Pad([row], Padding(how))[0];
        return TextEncodings.Of(row, TokenOf, [CodePointMaps.OfText(first), CodePointMaps.OfText(second ?? "")]);
    }

    /// <summary>Makes tokens of many texts or pairs, filled up to one length where that is asked for.</summary>
    /// <param name="texts">The texts with their second texts, which may be null.</param>
    /// <param name="options">How; null: the standard.</param>
    /// <exception cref="TokenizationException">A text cannot be told in the vocabulary, or not be cut as asked.</exception>
    public IReadOnlyList<TextEncoding> TokenizeAll(IEnumerable<(string? Text, string? SecondText)> texts, TextEncodingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        TextEncodingOptions how = options ?? new TextEncodingOptions();
        (string First, string? Second)[] all = [.. texts.Select(t => (UnicodeText.WellFormed(t.Text), t.SecondText is null ? null : UnicodeText.WellFormed(t.SecondText)))];
        TokenRow[] rows = [.. all.Select(t => _pipeline.Finish(Rows(t.First, t.Second, (how.SpecialTokensAsText || _setup.SpecialTokensAsText)), how.AddSpecialTokens, Truncation(how), how.ReturnOverflowing))];
        IReadOnlyList<TokenRow> padded = TokenPipeline.Pad(rows, Padding(how));
        return [.. padded.Select((row, i) => TextEncodings.Of(row, TokenOf, [CodePointMaps.OfText(all[i].First), CodePointMaps.OfText(all[i].Second ?? "")]))];
    }

    /// <summary>Makes tokens of words that are given apart, as for labels of words. Offsets speak of each word, word ids are its number.</summary>
    /// <param name="words">The words.</param>
    /// <param name="secondWords">The words of a second text; null: there is none.</param>
    /// <param name="options">How; null: the standard.</param>
    /// <exception cref="TokenizationException">A word cannot be told in the vocabulary, or the texts not be cut as asked.</exception>
    public TextEncoding TokenizeWords(IReadOnlyList<string> words, IReadOnlyList<string>? secondWords = null, TextEncodingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        TextEncodingOptions how = options ?? new TextEncodingOptions();
        string[] first = [.. words.Select(UnicodeText.WellFormed)];
        string[] second = [.. secondWords?.Select(UnicodeText.WellFormed) ?? []];
        var rows = new List<TokenRow> { WordRow(first, 0, (how.SpecialTokensAsText || _setup.SpecialTokensAsText)) };
        if (secondWords is not null)
        {
            rows.Add(WordRow(second, 1, (how.SpecialTokensAsText || _setup.SpecialTokensAsText)));
        }

        TokenRow row = TokenPipeline.Pad([_pipeline.Finish(rows, how.AddSpecialTokens, Truncation(how), how.ReturnOverflowing)], Padding(how))[0];
        return TextEncodings.Of(row, TokenOf, [CodePointMaps.OfWords(first), CodePointMaps.OfWords(second)]);
    }

    /// <inheritdoc/>
    /// <remarks>Blanks before signs stay: <see cref="Decode(IEnumerable{int}, bool)"/> takes them away where the files say so.</remarks>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return _pipeline.Decode(ids.Select(Checked), (id, _) => _quiet.Value.Contains(id), cleansUp: false);
    }

    /// <summary>Decodes token ids into text as Hugging Face's library does: ids that no token has are left out, and blanks before English signs are taken away where the files say so.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out, too.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return CleanUp(_pipeline.Decode(ids, (_, text) => skipSpecialTokens && _pipeline.Added.IsSpecial(text), cleansUp: true));
    }

    /// <summary>Begins to decode tokens that come one by one.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public TextDecodeStream DecodeStream(bool skipSpecialTokens = true) => new(ids => Decode(ids, skipSpecialTokens), id => TokenOf(id) is not { } text || (skipSpecialTokens && _pipeline.Added.IsSpecial(text)));

    /// <summary>Gets the id of a token by its text as the vocabulary has it, or null.</summary>
    /// <param name="token">The text.</param>
    public int? IdOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _pipeline.Added.IdOf(token);
    }

    /// <summary>Gets the text of a token as the vocabulary has it, or null where no token has that id.</summary>
    /// <param name="id">The id.</param>
    public string? TokenOf(int id) => _pipeline.Added.TextOf(id);

    /// <summary>Says whether a token was added to the vocabulary as a whole, such as a mark of a conversation, and is found in texts before they are cut.</summary>
    /// <param name="id">The id.</param>
    public bool IsAddedToken(int id) => _pipeline.Added.IsAdded(id);

    /// <inheritdoc/>
    public override void Save(FileSink sink) => TokenizerSaving.Save(_setup.Files, sink);

    /// <inheritdoc/>
    /// <remarks>States <c>model_max_length</c>, and as <c>pad_token</c> the model's or else the token that ends texts, for libraries that cannot pad or cut without.</remarks>
    public override void Save(FileSink sink, int contextLength, int? padTokenId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 1);
        string? pad = (padTokenId is { } id ? TokenOf(id) : null) ?? (EosTokenId is { } end ? TokenOf(end) : null);
        TokenizerSaving.Save(TokenizerSaving.For(_setup, contextLength, pad), sink);
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        string whole = UnicodeText.WellFormed(text ?? textSpan.ToString());
        List<TokenEntry> all = _pipeline.Encode(whole, 0, _setup.SpecialTokensAsText);
        var map = CodePointMap.Of(whole);
        EncodedToken[] tokens = [.. all.Take(settings.MaxTokenCount).Select(t => new EncodedToken(t.Id, t.Text ?? TokenOf(t.Id) ?? "", map.ToUnits(t.Start)..map.ToUnits(t.End)))];
        int consumed = tokens.Length == all.Count ? whole.Length : tokens.Length == 0 ? 0 : map.ToUnits(all[tokens.Length - 1].End);
        return new EncodeResults<EncodedToken> { Tokens = tokens, NormalizedText = null, CharsConsumed = consumed };
    }

    private TextTruncation? Truncation(TextEncodingOptions how) => how.Truncation ?? (how.UseFileLimits ? _pipeline.Truncation : null);

    private TextPadding? Padding(TextEncodingOptions how) => how.Padding ?? (how.UseFileLimits ? _pipeline.Padding : null);

    private List<TokenRow> Rows(string first, string? second, bool specialsAsText)
    {
        var rows = new List<TokenRow> { new() { Tokens = _pipeline.Encode(first, 0, specialsAsText) } };
        if (second is not null)
        {
            rows.Add(new TokenRow { Tokens = _pipeline.Encode(second, 1, specialsAsText) });
        }

        return rows;
    }

    private TokenRow WordRow(string[] words, int sequence, bool specialsAsText) => new() { Tokens = [.. words.SelectMany((word, number) => _pipeline.Encode(word, sequence, specialsAsText, number))] };

    /// <summary>Where the second text would begin: behind the frame that stands before it.</summary>
    private int SecondStart(TokenRow row)
    {
        TokenRow marked = _pipeline.Finish(
            [new TokenRow { Tokens = [.. row.Tokens.Where(t => t.Sequence == 0)] }, new TokenRow { Tokens = [new TokenEntry { Sequence = 1 }] }], addSpecialTokens: true, truncation: null, keepsOverflowing: false);
        return marked.Tokens.FindIndex(token => token.Sequence == 1);
    }

    /// <summary>The ids that give no text where tokens are decoded.</summary>
    private HashSet<int> FindQuiet()
    {
        HashSet<int> quiet = [.. _pipeline.Processor?.AddedIds ?? []];
        if (_setup.PadTokenId is { } pad)
        {
            quiet.Add(pad);
        }

        if (_setup.HidesSpecialTokens)
        {
            foreach ((int id, AddedToken token) in _pipeline.Added.Tokens)
            {
                if (token.Special)
                {
                    quiet.Add(id);
                }
            }
        }

        return quiet;
    }

    private TokenFrame FindFrame()
    {
        if (_pipeline.Processor is null)
        {
            return new TokenFrame([], []);
        }

        var own = new TokenRow { Tokens = [new TokenEntry()] };
        List<TokenEntry> framed = PostProcessor.Run(_pipeline.Processor, [own], addSpecialTokens: true).Tokens;
        int at = framed.FindIndex(token => !token.Added);
        int[] ids = new int[framed.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = framed[i].Id;
        }

        return at < 0 ? new TokenFrame(ids, []) : new TokenFrame(ids[..at], ids[(at + 1)..]);
    }

    private string CleanUp(string text) => _setup.CleansUp ? TextCleanUp.Clean(text) : text;

    private int Checked(int id) => id >= 0 && id < VocabularySize
        ? id
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"There is no token {id} in this vocabulary of {VocabularySize} ids. Decode ids that this tokenizer gave.");

    /// <summary>The ids before and behind the ids of a text.</summary>
    private sealed record TokenFrame(int[] Prefix, int[] Suffix);
}
