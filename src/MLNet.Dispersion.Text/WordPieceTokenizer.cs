using System.Text;
using Microsoft.ML.Tokenizers;

namespace MLNet.Dispersion.Text;

/// <summary>BERT's tokenizer: words cut at blanks, signs and Chinese characters, then into the longest known pieces from the left; on the engine of Microsoft.ML.Tokenizers.</summary>
/// <remarks>
/// Loaded with <see cref="TextTokenizer.Load"/> from vocab.txt or tokenizer.json. Immutable and thread-safe. Every text is framed by <c>[CLS]</c> and <c>[SEP]</c>.
/// Special tokens that stand in the text (such as <c>[MASK]</c>) are encoded as those tokens, as Hugging Face does.
/// A word of which some part is unknown, or of more than 100 characters, is <c>[UNK]</c>.
/// </remarks>
public sealed class WordPieceTokenizer : TextTokenizer
{
    private const string Continuation = "##";
    private readonly WordPieceModel _model;
    private readonly BertTokenizer _engine;
    private readonly AddedTokenSplitter _splitter;
    private readonly int[] _prefix;
    private readonly int[] _suffix;

    internal WordPieceTokenizer(WordPieceModel model)
    {
        _model = model;
        _prefix = [model.IdOf(WordPieceModel.Classification)];
        _suffix = [model.IdOf(WordPieceModel.End)];
        _splitter = new AddedTokenSplitter(model.SpecialTokens.Select(content => new AddedToken(model.IdOf(content), content)));
        using var vocabulary = new MemoryStream(model.VocabularyFile());
        _engine = BertTokenizer.Create(vocabulary, new BertOptions
        {
            // Words come prepared.
            LowerCaseBeforeTokenization = false,
            ApplyBasicTokenization = false,
        });
    }

    /// <inheritdoc/>
    public override int VocabularySize => _model.Pieces.Count;

    /// <summary>Gets the <c>[CLS]</c> token, which begins every text.</summary>
    public override int? BosTokenId => _prefix[0];

    /// <summary>Gets the <c>[SEP]</c> token, which ends every text.</summary>
    public override int? EosTokenId => _suffix[0];

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Prefix => _prefix;

    /// <inheritdoc/>
    protected internal override IReadOnlyList<int> Suffix => _suffix;

    /// <inheritdoc/>
    public override EncodedText Encode(string? text, int maxTokens = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        var tokens = new TokenCollector(_prefix, _suffix, maxTokens);
        foreach ((string part, AddedToken? token) in _splitter.Split(UnicodeText.WellFormed(text)))
        {
            if (token is not null)
            {
                tokens.Add(token.Id);
            }
            else
            {
                tokens.AddRange(_engine.EncodeToIds(WordPieceWords.Of(part, _model.LowerCase, _model.StripAccents, _model.SplitChinese), addSpecialTokens: false));
            }

            if (tokens.Overflowed)
            {
                break;
            }
        }

        return tokens.ToEncodedText();
    }

    /// <summary>Decodes token ids into their pieces, words apart by one blank; <c>[CLS]</c>, <c>[SEP]</c> and <c>[PAD]</c> give nothing. Blanks, case and accents that encoding took away do not come back.</summary>
    /// <param name="ids">Token ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            if (id < 0 || id >= VocabularySize)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"There is no token {id} in this vocabulary of {VocabularySize} ids. Decode ids that this tokenizer gave.");
            }

            string piece = _model.Pieces[id];
            if (piece is WordPieceModel.Classification or WordPieceModel.End or WordPieceModel.Padding)
            {
                continue;
            }

            bool joined = piece.StartsWith(Continuation, StringComparison.Ordinal) && text.Length > 0;
            text.Append(joined || text.Length == 0 ? "" : " ").Append(joined ? piece[Continuation.Length..] : piece);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override void Save(FileSink sink) => WordPieceLoader.Files(_model).Save(sink);
}
