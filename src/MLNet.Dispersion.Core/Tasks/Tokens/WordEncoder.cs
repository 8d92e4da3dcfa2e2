namespace MLNet.Dispersion;

/// <summary>Makes token sequences of texts whose words have tags: of each word the first token stands for it, as is usual; a text longer than the model reads becomes several windows that overlap.</summary>
internal sealed class WordEncoder
{
    private readonly PipelineTokenizer _tokenizer;
    private readonly TokenFrame _frame;
    private readonly int _room;
    private readonly int _emptyTextId;

    /// <param name="model">Whose tokenizer.</param>
    /// <param name="encoder">The model's encoder of whole texts, which knows how long they may be.</param>
    /// <exception cref="ArgumentException">The tokenizer does not say where tokens lie in texts, or there is no room for any.</exception>
    internal WordEncoder(PretrainedLanguageModel model, TextEncoder encoder)
    {
        _tokenizer = Tokenizer(model);
        _frame = TokenFrame.Of(_tokenizer);
        _room = encoder.MaxTokens - _frame.Before.Length - _frame.After.Length;
        _emptyTextId = encoder.EmptyTextId;
        if (_room < 1)
        {
            throw new ArgumentException($"MaxSequenceLength is {encoder.MaxTokens}, and the tokenizer puts {_frame.Before.Length + _frame.After.Length} tokens around texts: there is no room for a word. Raise it.", nameof(encoder));
        }
    }

    /// <summary>A model's tokenizer, which must say where in a text its tokens lie.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    internal static PipelineTokenizer Tokenizer(PretrainedLanguageModel model) => model.Tokenizer as PipelineTokenizer
        ?? throw new ArgumentException($"The tokenizer of {model.Name} is a {model.Tokenizer.GetType().Name}, which does not say where in a text its tokens lie. Take a model whose tokenizer was loaded from files.", nameof(model));

    /// <summary>Encodes texts.</summary>
    internal EncodedWords Encode(IReadOnlyList<WordText> texts)
    {
        var sequences = new List<int[]>();
        var windows = new List<WordWindow>();
        for (int text = 0; text < texts.Count; text++)
        {
            TextEncoding tokens = _tokenizer.Tokenize(texts[text].Text, null, new TextEncodingOptions { AddSpecialTokens = false });
            int[] ids = [.. tokens.Ids], firstTokens = FirstTokens(texts[text], tokens.Offsets);
            IReadOnlyList<TextRange> cuts = TextWindows.Cut(ids.Length, _room, _room / 4);
            var words = new List<WordToken>[cuts.Count];
            for (int window = 0; window < words.Length; window++)
            {
                words[window] = [];
            }

            for (int word = 0; word < firstTokens.Length; word++)
            {
                if (firstTokens[word] >= 0)
                {
                    int window = TextWindows.Best(cuts, firstTokens[word]);
                    words[window].Add(new WordToken(_frame.Before.Length + firstTokens[word] - cuts[window].Start, word));
                }
            }

            for (int window = 0; window < words.Length; window++)
            {
                int[] sequence = [.. _frame.Before, .. ids[cuts[window].Start..cuts[window].End], .. _frame.After];
                sequences.Add(sequence.Length > 0 ? sequence : [_emptyTextId]);
                windows.Add(new WordWindow(text, words[window]));
            }
        }

        return new EncodedWords(new EncodedTexts(sequences, SecondStarts: null, Truncated: 0) { Examples = [.. windows.Select(window => window.Text)] }, windows);
    }

    /// <summary>The first token of each word, -1 where it has none.</summary>
    private static int[] FirstTokens(WordText text, IReadOnlyList<TextRange> offsets)
    {
        int[] first = [.. text.Words.Select(_ => -1)];
        int word = 0;
        for (int token = 0; token < offsets.Count; token++)
        {
            // A token may begin with the blank in front of its word.
            int start = offsets[token].Start;
            while (start < offsets[token].End && char.IsWhiteSpace(text.Text[start]))
            {
                start++;
            }

            while (word < first.Length && text.Words[word].End <= start)
            {
                word++;
            }

            if (word < first.Length && start < offsets[token].End && start >= text.Words[word].Start && first[word] < 0)
            {
                first[word] = token;
            }
        }

        return first;
    }
}

/// <summary>Texts with words as token sequences.</summary>
/// <param name="Texts">One sequence a window.</param>
/// <param name="Windows">What each of them is of.</param>
internal sealed record EncodedWords(EncodedTexts Texts, IReadOnlyList<WordWindow> Windows);

/// <summary>A window of a text.</summary>
/// <param name="Text">The text, from 0.</param>
/// <param name="Words">The words that are looked at in this window: each in the one where it has the most context.</param>
internal sealed record WordWindow(int Text, IReadOnlyList<WordToken> Words);

/// <summary>The token that stands for a word.</summary>
/// <param name="Position">Its place in the window.</param>
/// <param name="Word">The word in its text.</param>
internal readonly record struct WordToken(int Position, int Word);
