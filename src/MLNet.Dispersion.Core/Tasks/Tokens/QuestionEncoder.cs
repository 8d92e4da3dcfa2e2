namespace MLNet.Dispersion;

/// <summary>Makes token sequences of questions with their contexts: a pair each, as the tokenizer joins them, question first; a context that is too long becomes several windows that overlap.</summary>
internal sealed class QuestionEncoder
{
    private const string Probe = "a";
    private readonly PipelineTokenizer _tokenizer;
    private readonly int[] _before;
    private readonly int[] _between;
    private readonly int[] _after;
    private readonly int _room;
    private readonly int? _overlap;

    /// <param name="model">Whose tokenizer.</param>
    /// <param name="encoder">The model's encoder of whole texts, which knows how long they may be.</param>
    /// <param name="overlap">Tokens that neighbouring windows share; null for a quarter.</param>
    /// <exception cref="ArgumentException">The tokenizer does not say where tokens lie in texts, or there is no room.</exception>
    internal QuestionEncoder(PretrainedLanguageModel model, TextEncoder encoder, int? overlap)
    {
        _tokenizer = WordEncoder.Tokenizer(model);
        int[] own = [.. Own(Probe).Ids];
        EncodedPair pair = _tokenizer.EncodePair(Probe, Probe);
        int first = pair.Ids.AsSpan(0, pair.SecondStart).IndexOf(own);
        (_before, _between, _after) = (pair.Ids[..first], pair.Ids[(first + own.Length)..pair.SecondStart], pair.Ids[(pair.SecondStart + own.Length)..]);
        _room = encoder.MaxTokens - _before.Length - _between.Length - _after.Length;
        _overlap = overlap;
        if (_room < 2)
        {
            throw new ArgumentException($"MaxSequenceLength is {encoder.MaxTokens}, of which {encoder.MaxTokens - _room} tokens stand around question and context: there is no room for a token of each. Raise it.", nameof(encoder));
        }
    }

    /// <summary>Encodes questions. A question longer than half of the room is cut off.</summary>
    internal EncodedQuestions Encode(IReadOnlyList<string?> questions, IReadOnlyList<string?> contexts)
    {
        var sequences = new List<int[]>();
        var starts = new List<int>();
        var windows = new List<ContextWindow>();
        int truncated = 0;
        for (int question = 0; question < questions.Count; question++)
        {
            int[] asked = [.. Own(questions[question]).Ids];
            if (asked.Length > _room / 2)
            {
                asked = asked[..(_room / 2)];
                truncated++;
            }

            TextEncoding context = Own(contexts[question]);
            int[] ids = [.. context.Ids];
            int room = _room - asked.Length, start = _before.Length + asked.Length + _between.Length;
            int overlap = _overlap ?? (room / 4);
            foreach (TextRange cut in TextWindows.Cut(ids.Length, room, overlap < room ? overlap : room / 2))
            {
                sequences.Add([.. _before, .. asked, .. _between, .. ids[cut.Start..cut.End], .. _after]);
                starts.Add(start);
                windows.Add(new ContextWindow(question, start, cut, context.Offsets));
            }
        }

        return new EncodedQuestions(new EncodedTexts(sequences, starts, truncated) { Examples = [.. windows.Select(window => window.Question)] }, windows);
    }

    private TextEncoding Own(string? text) => _tokenizer.Tokenize(text, null, new TextEncodingOptions { AddSpecialTokens = false });
}

/// <summary>Questions with their contexts as token sequences.</summary>
/// <param name="Texts">One sequence a window.</param>
/// <param name="Windows">What each of them is of.</param>
internal sealed record EncodedQuestions(EncodedTexts Texts, IReadOnlyList<ContextWindow> Windows);

/// <summary>A window of a context.</summary>
/// <param name="Question">The question, from 0.</param>
/// <param name="Start">The place in the sequence of the window's first token.</param>
/// <param name="Tokens">The tokens of the context that it shows.</param>
/// <param name="Offsets">Where in the context each token of it lies.</param>
internal sealed record ContextWindow(int Question, int Start, TextRange Tokens, IReadOnlyList<TextRange> Offsets)
{
    /// <summary>The places of an answer's first and last token; 0 and 0 where the window does not show all of it.</summary>
    /// <param name="start">The answer's first character.</param>
    /// <param name="end">The end behind its last one.</param>
    internal SpanTarget PlacesOf(int start, int end)
    {
        int first = -1, last = -1;
        for (int token = Tokens.Start; token < Tokens.End; token++)
        {
            // Of a token that begins with a blank the blank may stand before the answer.
            if (Offsets[token].Start < end && Offsets[token].End > start)
            {
                first = first < 0 ? token : first;
                last = token;
            }
        }

        bool isWhole = first >= 0 && Offsets[first].Start <= start && Offsets[last].End >= end;
        return isWhole ? new SpanTarget(Start + first - Tokens.Start, Start + last - Tokens.Start) : new SpanTarget(0, 0);
    }
}
