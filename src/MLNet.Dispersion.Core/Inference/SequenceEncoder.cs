namespace MLNet.Dispersion;

/// <summary>Makes token sequences of texts to be scored.</summary>
internal sealed class SequenceEncoder
{
    private readonly TextTokenizer _tokenizer;
    private readonly int[] _before;
    private readonly TokenFrame _frame;
    private (string? Text, int[] Ids) _last;

    /// <summary>Finds out what the tokenizer puts before and after every text.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">Neither tokenizer nor model name a beginning- or end-of-sequence token.</exception>
    public SequenceEncoder(PretrainedLanguageModel model)
    {
        _tokenizer = model.Tokenizer;
        _frame = TokenFrame.Of(_tokenizer);
        int? begin = _tokenizer.BosTokenId ?? model.Backbone.Info.BosTokenId ?? _tokenizer.EosTokenId ?? model.Backbone.Info.EosTokenId;
        _before = _frame.Before.Length > 0 ? _frame.Before
            : begin is { } id ? [id]
            : throw new ArgumentException($"The model '{model.Name}' names no beginning-of-sequence and no end-of-sequence token, so the first token of a text has nothing to follow. Add bos_token to its tokenizer_config.json.", nameof(model));
        AddsBefore = _frame.Before.Length > 0;
    }

    /// <summary>Gets how many tokens stand in front of a text.</summary>
    public int BeginLength => _before.Length;

    private bool AddsBefore { get; }

    /// <summary>A text's tokens, behind the tokens that begin a sequence; they are all that is not scored.</summary>
    public ScoredSequence Text(string text) => new(Begun(Content(text)), _before.Length);

    /// <summary>A context with its continuation. Scored are the tokens of both together after as many as the context alone has, at least one: a count, as in the lm-evaluation-harness, also where a tokenizer joins the two at the seam.</summary>
    /// <remarks>Blanks at the end of the context count to the continuation, since tokenizers join them to the next word.</remarks>
    public ScoredSequence Pair(string context, string continuation)
    {
        string trimmed = context.TrimEnd();
        if (_last.Text != trimmed)
        {
            _last = (trimmed, Content(trimmed));
        }

        int[] both = Content(context + continuation);
        int before = Math.Min(_last.Ids.Length, both.Length - 1);

        // A tokenizer that begins no sequence itself does so here only where nothing else stands before the scored tokens.
        bool begins = AddsBefore || before == 0;
        return begins ? new ScoredSequence(Begun(both), _before.Length + before) : new ScoredSequence(both, before);
    }

    /// <summary>Cuts a sequence on the left.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="maxTokens">The most tokens, at least 2.</param>
    /// <param name="cutScored">Whether scored tokens fell away too.</param>
    public static ScoredSequence Cut(ScoredSequence sequence, int maxTokens, out bool cutScored)
    {
        int cut = Math.Max(0, sequence.Ids.Length - maxTokens);
        cutScored = sequence.Start - cut < 1;
        return cut == 0 ? sequence : new ScoredSequence(sequence.Ids[cut..], Math.Max(1, sequence.Start - cut));
    }

    private int[] Begun(int[] content) => [.. _before, .. content];

    private int[] Content(string text) => _frame.Content(_tokenizer, text);
}

/// <summary>Tokens of which the last ones are scored, each by its probability after all before it.</summary>
/// <param name="Ids">The tokens, at least two.</param>
/// <param name="Start">The first that is scored, at least 1.</param>
internal readonly record struct ScoredSequence(int[] Ids, int Start)
{
    /// <summary>Gets what the model reads: all but the last, which is only predicted.</summary>
    public ReadOnlySpan<int> Input => Ids.AsSpan(0, Ids.Length - 1);
}
