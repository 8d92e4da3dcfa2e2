namespace MLNet.Dispersion;

/// <summary>Finds the sequences that need no forward pass of their own.</summary>
/// <remarks>
/// A causal model's states do not depend on later tokens, so a sequence whose input is the beginning of another's is read off that one's row. Choices of
/// one token after the same question thus cost one row altogether, and equal questions are computed once.
/// </remarks>
internal static class SharedRows
{
    /// <summary>For each sequence the one whose row it shares; those with a row of their own name themselves.</summary>
    public static int[] Find(IReadOnlyList<ScoredSequence> sequences)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count)];

        // In this order whatever begins with a sequence follows it directly.
        Array.Sort(order, (a, b) => sequences[a].Input.SequenceCompareTo(sequences[b].Input) is var sign and not 0 ? sign : a.CompareTo(b));
        var row = new int[order.Length];
        for (int i = order.Length - 1; i >= 0; i--)
        {
            bool shares = i + 1 < order.Length && sequences[order[i + 1]].Input.StartsWith(sequences[order[i]].Input);
            row[order[i]] = shares ? row[order[i + 1]] : order[i];
        }

        return row;
    }
}
