namespace MLNet.Dispersion.Text;

/// <summary>A token with all that is known of it.</summary>
internal readonly record struct TokenEntry
{
    internal int Id { get; init; }

    /// <summary>The text of the token where it is not that of its id.</summary>
    internal string? Text { get; init; }

    internal int TypeId { get; init; }

    /// <summary>Where in the original text it begins, in code points: so the reference counts.</summary>
    internal int Start { get; init; }

    internal int End { get; init; }

    /// <summary>Which piece of its text it belongs to; -1: none.</summary>
    internal int Word { get; init; }

    /// <summary>Which text it belongs to; -1: none.</summary>
    internal int Sequence { get; init; }

    /// <summary>Whether it was put there, and stands for no text.</summary>
    internal bool Added { get; init; }

    /// <summary>Whether it fills a row up.</summary>
    internal bool Padding { get; init; }

    /// <summary>A token that stands for no text.</summary>
    internal static TokenEntry Frame(int id, string text, int typeId) => new() { Id = id, Text = text, TypeId = typeId, Word = -1, Sequence = -1, Added = true };
}

/// <summary>Tokens in a row, and the rows of what was cut off.</summary>
internal sealed class TokenRow
{
    /// <summary>The tokens.</summary>
    internal List<TokenEntry> Tokens { get; init; } = [];

    /// <summary>What was cut off.</summary>
    internal List<TokenRow> Overflowing { get; init; } = [];

    /// <summary>Where the texts lie in the row. Steps that number rows anew leave marks of their own: so the reference does it.</summary>
    internal Dictionary<int, (int Start, int End)> Sequences { get; init; } = [];

    /// <summary>How many tokens there are.</summary>
    internal int Count => Tokens.Count;

    /// <summary>Rows one after the other; what was cut off of each is combined with the others.</summary>
    internal static TokenRow Merge(List<TokenRow> rows) => rows.Count == 1 ? rows[0] : rows.Aggregate(new TokenRow(), Join);

    /// <summary>Changes each token of the row and of what was cut off of it.</summary>
    internal TokenRow Select(Func<TokenEntry, TokenEntry> change) => new() { Tokens = [.. Tokens.Select(change)], Sequences = Sequences, Overflowing = [.. Overflowing.Select(row => row.Select(change))] };

    /// <summary>The row, marked as that of a text.</summary>
    internal TokenRow Mark(int sequence) => new()
    {
        Tokens = Tokens,
        Sequences = new(Sequences) { [sequence] = (0, Count) },
        Overflowing = [.. Overflowing.Select(row => row.Mark(sequence))],
    };

    /// <summary>Which text each token belongs to, -1 for none, by the marks.</summary>
    internal int[] SequenceOfTokens()
    {
        int[] result = new int[Count];
        Array.Fill(result, -1);
        for (int sequence = 0; sequence < Math.Max(1, Sequences.Count); sequence++)
        {
            (int start, int end) = Sequences.TryGetValue(sequence, out (int, int) range) ? range : (0, Count);
            result.AsSpan(start, end - start).Fill(sequence);
        }

        return result;
    }

    /// <summary>Cuts the row.</summary>
    /// <exception cref="TokenizationException">The stride is not less than the length.</exception>
    internal TokenRow Truncate(int length, int stride, bool fromLeft, bool keepsOverflowing)
    {
        if (length >= Count)
        {
            return keepsOverflowing || Overflowing.Count == 0 ? this : new TokenRow { Tokens = Tokens };
        }

        if (length == 0)
        {
            return new TokenRow { Overflowing = keepsOverflowing ? [.. Overflowing, this] : [] };
        }

        if (stride >= length)
        {
            throw new TokenizationException($"A row is cut to {length} tokens of a text, and the stride is {stride}: it must be less. Choose a smaller stride or a larger max_length.");
        }

        List<TokenRow> parts = [.. Parts(length, length - stride, fromLeft).Take(keepsOverflowing ? int.MaxValue : 1).Select(part => new TokenRow { Tokens = Tokens.GetRange(part.Start, part.End - part.Start) })];
        return new TokenRow { Tokens = parts[0].Tokens, Overflowing = parts[1..] };
    }

    /// <summary>Fills the row up, and what was cut off of it.</summary>
    internal TokenRow Pad(int length, TokenEntry padding, bool onLeft)
    {
        List<TokenRow> overflowing = [.. Overflowing.Select(row => row.Pad(length, padding, onLeft))];
        IEnumerable<TokenEntry> pads = Enumerable.Repeat(padding, Math.Max(0, length - Count));
        int shift = onLeft ? Math.Max(0, length - Count) : 0;
        return new TokenRow
        {
            Tokens = onLeft ? [.. pads, .. Tokens] : [.. Tokens, .. pads],
            Sequences = Sequences.ToDictionary(mark => mark.Key, mark => (mark.Value.Start + shift, mark.Value.End + shift)),
            Overflowing = overflowing,
        };
    }

    private IEnumerable<(int Start, int End)> Parts(int length, int step, bool fromLeft)
    {
        if (fromLeft)
        {
            for (int end = Count; end > 0; end -= step)
            {
                int start = Math.Max(0, end - length);
                yield return (start, end);
                if (start == 0)
                {
                    yield break;
                }
            }
        }
        else
        {
            for (int start = 0; start < Count; start += step)
            {
                int end = Math.Min(start + length, Count);
                yield return (start, end);
                if (end == Count)
                {
                    yield break;
                }
            }
        }
    }

    private static TokenRow Join(TokenRow first, TokenRow second)
    {
        var overflowing = new List<TokenRow>();
        foreach (TokenRow row in first.Overflowing)
        {
            overflowing.Add(Join(row, second));
            overflowing.AddRange(second.Overflowing.Select(other => Join(row, other)));
        }

        overflowing.AddRange(second.Overflowing.Select(other => Join(first, other)));
        var sequences = new Dictionary<int, (int Start, int End)>(first.Sequences);
        foreach ((int sequence, (int start, int end)) in second.Sequences)
        {
            sequences[sequence] = (start + first.Count, end + first.Count);
        }

        return new TokenRow { Tokens = [.. first.Tokens, .. second.Tokens], Sequences = sequences, Overflowing = overflowing };
    }
}
