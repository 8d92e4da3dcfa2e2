using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The pieces whose scores have the highest sum.</summary>
internal sealed class UnigramModel : TokenModel
{
    /// <summary>How much worse than the worst piece an unknown character is.</summary>
    private const double UnknownPenalty = 10;

    private readonly double[] _scores;
    private readonly Vocabulary _vocabulary;
    private readonly PieceAutomaton _automaton;
    private readonly double _unknownScore;
    private readonly int? _unknownId;
    private readonly int[]? _byteIds;

    /// <param name="vocabulary">The pieces in the order of their ids.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="unknownId">The id of what no piece covers, or null.</param>
    /// <param name="byteFallback">Whether unknown text is told in bytes where all of them have pieces.</param>
    internal UnigramModel(Vocabulary vocabulary, double[] scores, int? unknownId, bool byteFallback)
    {
        _vocabulary = vocabulary;
        _scores = scores;
        _automaton = new PieceAutomaton(scores.Length, (int number, out int id) => vocabulary.SpanOfId(id = number));
        double worst = double.PositiveInfinity;
        foreach (double score in scores)
        {
            worst = Math.Min(worst, score);
        }

        _unknownScore = worst - UnknownPenalty;
        _unknownId = unknownId;
        _byteIds = byteFallback ? [.. Enumerable.Range(0, 256).Select(b => _vocabulary.IdOf($"<0x{b:X2}>") ?? -1)] : null;
    }

    /// <inheritdoc/>
    internal override int Count => _vocabulary.Count;

    /// <inheritdoc/>
    internal override int IdLimit => _scores.Length;

    /// <inheritdoc/>
    internal override int? IdOf(string piece) => _vocabulary.IdOf(piece);

    /// <inheritdoc/>
    internal override string? PieceOf(int id) => _vocabulary.PieceOf(id);

    /// <inheritdoc/>
    private protected override PieceTokens Compute(ReadOnlySpan<char> piece)
    {
        var tokens = new PieceTokensBuilder();
        List<(int Start, int End, int Id)> path = BestPath(piece);
        for (int i = path.Count - 1; i >= 0; i--)
        {
            (int start, int end, int id) = path[i];
            if (id >= 0)
            {
                tokens.Add(id, start, end);
            }
            else
            {
                AddUnknown(piece[start..end], start, tokens);
            }
        }

        return tokens.ToTokens();
    }

    /// <summary>The pieces of the best way, the last first; neighbouring unknown ones are one, with the id -1.</summary>
    private List<(int Start, int End, int Id)> BestPath(ReadOnlySpan<char> text)
    {
        var scores = new double[text.Length + 1];
        var starts = new int[text.Length + 1];
        var ids = new int[text.Length + 1];
        int node = 0;
        for (int at = 0; at < text.Length;)
        {
            int character = CodePoints.LengthAt(text, at);
            int end = at + character;
            while (at < end)
            {
                node = _automaton.Step(node, text[at++]);
            }

            // Of equal scores that of the longest piece counts.
            double best = double.NegativeInfinity;
            bool single = false;
            for (int piece = _automaton.Longest(node); piece != 0; piece = _automaton.Shorter(piece))
            {
                int length = _automaton.LengthOf(piece);
                int id = _automaton.IdOf(piece);
                double score = _scores[id] + scores[end - length];
                single |= length == character;
                if (score > best)
                {
                    (best, starts[end], ids[end]) = (score, end - length, id);
                }
            }

            if (!single)
            {
                double score = _unknownScore + scores[end - character];
                int id = _unknownId ?? throw Missing();
                if (score > best)
                {
                    (best, starts[end], ids[end]) = (score, end - character, id);
                }
            }

            scores[end] = best;
        }

        var path = new List<(int Start, int End, int Id)>();
        for (int end = text.Length; end > 0; end = starts[end])
        {
            bool unknown = ids[end] == _unknownId;
            if (unknown && path.Count > 0 && path[^1].Id < 0)
            {
                path[^1] = path[^1] with { Start = starts[end] };
            }
            else
            {
                path.Add((starts[end], end, unknown ? -1 : ids[end]));
            }
        }

        return path;
    }

    private void AddUnknown(ReadOnlySpan<char> text, int start, PieceTokensBuilder tokens)
    {
        if (_vocabulary.TryGet(text, out int id))
        {
            tokens.Add(id, start, start + text.Length);
            return;
        }

        if (_byteIds is not null)
        {
            byte[] bytes = new byte[CodePoints.Utf8Length(text)];
            Encoding.UTF8.GetBytes(text, bytes);
            if (Array.TrueForAll(bytes, b => _byteIds[b] >= 0))
            {
                foreach (byte value in bytes)
                {
                    tokens.Add(_byteIds[value], start, start + text.Length);
                }

                return;
            }
        }

        tokens.Add(_unknownId ?? throw Missing(), start, start + text.Length, text.ToString());
    }

    private static TokenizationException Missing() => new("The pieces do not cover a character of the text, and the vocabulary has no token for the unknown (unk_id). Add one to the vocabulary.");
}
