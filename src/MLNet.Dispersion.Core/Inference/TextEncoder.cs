namespace MLNet.Dispersion;

/// <summary>Turns texts into token sequences that the backbone takes: never empty, never longer than allowed. Thread-safe.</summary>
internal sealed class TextEncoder
{
    private readonly TextTokenizer _tokenizer;

    /// <param name="model">Whose tokenizer and context length.</param>
    /// <param name="maxSequenceLength">The most tokens of one text, or of one pair; null for what a sentence-transformers directory says, else the context length.</param>
    /// <param name="pairs">Whether it will encode pairs, for which there must be room.</param>
    /// <exception cref="ArgumentOutOfRangeException">Below 1, or there is no room for a pair.</exception>
    internal TextEncoder(PretrainedLanguageModel model, int? maxSequenceLength, bool pairs = false)
    {
        if (maxSequenceLength < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(maxSequenceLength), maxSequenceLength, "A text must be allowed at least 1 token.");
        }

        _tokenizer = model.Tokenizer;
        var info = model.Backbone.Info;
        MaxTokens = Math.Min(maxSequenceLength ?? model.SentenceMaxTokens ?? info.ContextLength, info.ContextLength);
        EmptyTextId = _tokenizer.EosTokenId ?? _tokenizer.BosTokenId ?? info.EosTokenId ?? info.BosTokenId ?? 0;
        if (pairs && MaxTokens < _tokenizer.LeastPairTokens)
        {
            throw new ArgumentOutOfRangeException(nameof(maxSequenceLength), MaxTokens, $"MaxSequenceLength is {MaxTokens}; a pair of texts needs at least {_tokenizer.LeastPairTokens}: one token of each and those around them. Raise it.");
        }
    }

    /// <summary>The most tokens of one text, or of one pair.</summary>
    internal int MaxTokens { get; }

    /// <summary>The token that stands for a text without any.</summary>
    internal int EmptyTextId { get; }

    /// <summary>Encodes texts, or pairs of texts; one without any token becomes the end-of-sequence token alone.</summary>
    /// <param name="texts">The texts, or the first ones of pairs.</param>
    /// <param name="secondTexts">The second ones of pairs; null where there are single texts.</param>
    internal EncodedTexts Encode(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts = null)
    {
        var sequences = new int[texts.Count][];
        int[]? secondStarts = secondTexts is null ? null : new int[texts.Count];
        int truncated = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            EncodedPair encoded = secondTexts is null ? EncodeText(texts[i]) : _tokenizer.EncodePair(Visible(texts[i]), Visible(secondTexts[i]), MaxTokens);
            sequences[i] = encoded.Ids.Length == 0 ? [EmptyTextId] : encoded.Ids;
            secondStarts?[i] = encoded.SecondStart;
            truncated += encoded.Truncated ? 1 : 0;
        }

        return new EncodedTexts(sequences, secondStarts, truncated);
    }

    /// <summary>Encodes texts, those that are too long as several windows.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="overlap">How many tokens a window shares with the one before; where that is as many as there is room for, half of the room.</param>
    internal EncodedTexts EncodeWindows(IReadOnlyList<string?> texts, int overlap)
    {
        TokenFrame frame = TokenFrame.Of(_tokenizer);
        int room = Math.Max(1, MaxTokens - frame.Before.Length - frame.After.Length);
        var sequences = new List<int[]>();
        var examples = new List<int>();
        for (int text = 0; text < texts.Count; text++)
        {
            int[] ids = frame.Content(_tokenizer, Visible(texts[text]));
            foreach (TextRange window in TextWindows.Cut(ids.Length, room, overlap < room ? overlap : room / 2))
            {
                int[] sequence = [.. frame.Before, .. ids[window.Start..window.End], .. frame.After];
                sequences.Add(sequence.Length == 0 ? [EmptyTextId] : sequence);
                examples.Add(text);
            }
        }

        return new EncodedTexts(sequences, SecondStarts: null, Truncated: 0) { Examples = examples };
    }

    private EncodedPair EncodeText(string? text)
    {
        EncodedText encoded = _tokenizer.Encode(Visible(text), MaxTokens);
        return new EncodedPair { Ids = encoded.Ids, SecondStart = encoded.Ids.Length, Truncated = encoded.Truncated };
    }

    private static string? Visible(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
