namespace MLNet.Dispersion;

/// <summary>Finds rows that begin alike, so that their beginning goes through the model once.</summary>
internal static class SharedPrefixes
{
    /// <summary>Below this many tokens a pass of its own costs more than it saves.</summary>
    private const int ShortestPrefix = 16;

    /// <summary>Puts every row into one group.</summary>
    /// <param name="rows">Tokens of each row, and how many of them at most may be shared: those behind which nothing is scored.</param>
    /// <param name="maxTokens">The most padded tokens of a group.</param>
    /// <param name="maxRows">The most rows of a group.</param>
    internal static List<PrefixGroup> Find(IReadOnlyList<(ReadOnlyMemory<int> Tokens, int Limit)> rows, int maxTokens, int maxRows)
    {
        int[] order = [.. Enumerable.Range(0, rows.Count)];

        // In this order those that begin alike are neighbours.
        Array.Sort(order, (a, b) => rows[a].Tokens.Span.SequenceCompareTo(rows[b].Tokens.Span) is var sign and not 0 ? sign : a.CompareTo(b));
        var groups = new List<PrefixGroup>();
        var members = new List<int>();
        int prefix = 0;
        int longest = 0;
        foreach (int row in order)
        {
            var (tokens, limit) = rows[row];
            int shared = members.Count == 0 ? limit : Math.Min(Math.Min(prefix, limit), tokens.Span.CommonPrefixLength(rows[members[0]].Tokens.Span));
            bool saves = shared >= ShortestPrefix && members.Count * shared >= (members.Count - 1) * prefix;
            bool fits = members.Count < maxRows && (members.Count + 1) * Math.Max(longest, tokens.Length) <= maxTokens;
            if (members.Count > 0 && !(saves && fits))
            {
                groups.Add(Group(members, prefix));
                members.Clear();
                (shared, longest) = (limit, 0);
            }

            members.Add(row);
            (prefix, longest) = (shared, Math.Max(longest, tokens.Length));
        }

        if (members.Count > 0)
        {
            groups.Add(Group(members, prefix));
        }

        return groups;
    }

    /// <summary>Puts groups with shared beginnings into passes, in their order.</summary>
    /// <param name="groups">Groups, the shortest first.</param>
    /// <param name="length">Tokens of a row.</param>
    /// <param name="maxTokens">The most padded tokens of a pass; a larger group has a pass to itself.</param>
    /// <param name="maxRows">The most rows of a pass.</param>
    internal static IEnumerable<PrefixGroup[]> Passes(IReadOnlyList<PrefixGroup> groups, Func<int, int> length, int maxTokens, int maxRows)
    {
        var pass = new List<PrefixGroup>();
        int rows = 0;
        foreach (PrefixGroup group in groups)
        {
            int together = rows + group.Rows.Length;
            if (pass.Count > 0 && (together > maxRows || together * group.Rows.Max(length) > maxTokens))
            {
                yield return [.. pass];
                pass.Clear();
                together = group.Rows.Length;
            }

            pass.Add(group);
            rows = together;
        }

        if (pass.Count > 0)
        {
            yield return [.. pass];
        }
    }

    private static PrefixGroup Group(List<int> members, int prefix) => new([.. members], members.Count == 1 ? 0 : prefix);
}

/// <summary>Rows that begin with the same tokens.</summary>
/// <param name="Rows">The rows, at least one.</param>
/// <param name="Prefix">The tokens that they share; 0 for a row alone.</param>
internal readonly record struct PrefixGroup(int[] Rows, int Prefix);
