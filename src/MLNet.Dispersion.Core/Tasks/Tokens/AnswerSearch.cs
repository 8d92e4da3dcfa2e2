namespace MLNet.Dispersion;

/// <summary>Finds the best pieces of a context by the logits of starts and ends, over all of its windows, as Hugging Face's scripts do it.</summary>
internal sealed class AnswerSearch
{
    private const int Kept = TextQuestionAnswerer.MostAnswers;
    private readonly Dictionary<TextRange, float> _pieces = [];
    private float _none = float.PositiveInfinity;

    /// <summary>Weighs the pieces of one window: the best starts with the best ends.</summary>
    /// <param name="window">The window.</param>
    /// <param name="logits">Start and end of each of its tokens, <c>[L * 2]</c>.</param>
    /// <param name="maxTokens">The most tokens of a piece.</param>
    internal void Add(ContextWindow window, ReadOnlySpan<float> logits, int maxTokens)
    {
        _none = Math.Min(_none, logits[0] + logits[1]);
        float[] values = logits.ToArray();
        int[] starts = Highest(0), ends = Highest(1);
        foreach (int start in starts)
        {
            foreach (int end in ends)
            {
                if (end >= start && end - start < maxTokens)
                {
                    var piece = new TextRange(OffsetOf(start).Start, OffsetOf(end).End);
                    float score = Logit(start, 0) + Logit(end, 1);
                    if (piece.End > piece.Start && (!_pieces.TryGetValue(piece, out float known) || score > known))
                    {
                        _pieces[piece] = score;
                    }
                }
            }
        }

        int[] Highest(int side) => [.. Enumerable.Range(0, window.Tokens.End - window.Tokens.Start).OrderByDescending(token => Logit(token, side)).Take(Kept)];

        float Logit(int token, int side) => values[((window.Start + token) * 2) + side];

        TextRange OffsetOf(int token) => window.Offsets[window.Tokens.Start + token];
    }

    /// <summary>The answers.</summary>
    /// <param name="context">The context.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="threshold">The probability of "no answer" above which it stands in front.</param>
    internal FoundAnswers Best(string context, int count, double threshold)
    {
        KeyValuePair<TextRange, float>[] best = [.. _pieces.OrderByDescending(piece => piece.Value).ThenBy(piece => piece.Key.Start).ThenBy(piece => piece.Key.End).Take(Kept)];
        double highest = best.Select(piece => piece.Value).Append(_none).Max();
        double sum = best.Sum(piece => Math.Exp(piece.Value - highest)) + Math.Exp(_none - highest);
        double none = best.Length == 0 ? 1 : 1 / (1 + Math.Exp(best[0].Value - (double)_none));
        IEnumerable<FoundAnswer> found = best.Select(piece => Answer(piece.Key, piece.Value));
        return new FoundAnswers
        {
            Best = [.. (best.Length == 0 || none > threshold ? found.Prepend(new FoundAnswer { Text = "", Start = -1, End = -1, Score = Share(_none) }) : found).Take(count)],
            NoAnswerProbability = (float)none,
        };

        float Share(float logit) => (float)(Math.Exp(logit - highest) / sum);

        // Tokens may begin with the blank in front of a word.
        FoundAnswer Answer(TextRange piece, float logit)
        {
            int start = piece.Start, end = piece.End;
            while (start < end - 1 && char.IsWhiteSpace(context[start]))
            {
                start++;
            }

            return new FoundAnswer { Text = context[start..end], Start = start, End = end, Score = Share(logit) };
        }
    }
}
