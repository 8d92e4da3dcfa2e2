namespace MLNet.Dispersion;

/// <summary>Cuts rows into forward passes for inference: sorted by length, bounded in padded tokens and in rows.</summary>
internal static class LengthSortedPasses
{
    /// <summary>Row indices of each pass, shortest rows first; every row is in exactly one.</summary>
    /// <param name="lengths">The tokens of each row.</param>
    /// <param name="maxTokens">The most padded tokens of a pass; a longer row has a pass to itself.</param>
    /// <param name="maxRows">The most rows of a pass.</param>
    internal static IEnumerable<int[]> Of(IReadOnlyList<int> lengths, int maxTokens, int maxRows)
    {
        var pass = new List<int>();
        foreach (int row in Enumerable.Range(0, lengths.Count).OrderBy(row => lengths[row]))
        {
            bool full = pass.Count == maxRows || (pass.Count + 1) * lengths[row] > maxTokens;
            if (full && pass.Count > 0)
            {
                yield return [.. pass];
                pass.Clear();
            }

            pass.Add(row);
        }

        if (pass.Count > 0)
        {
            yield return [.. pass];
        }
    }

    /// <summary>
    /// Row indices of each pass, shortest rows first, cut where that costs least: as few pads as possible, weighed against what each further pass costs.
    /// Every row is in exactly one.
    /// </summary>
    /// <param name="lengths">The tokens of each row.</param>
    /// <param name="maxTokens">The most padded tokens of a pass; a longer row has a pass to itself.</param>
    /// <param name="maxRows">The most rows of a pass.</param>
    /// <param name="passCost">What a pass costs whatever is in it, in tokens.</param>
    internal static IReadOnlyList<int[]> Cheapest(IReadOnlyList<int> lengths, int maxTokens, int maxRows, int passCost)
    {
        int[] sorted = [.. Enumerable.Range(0, lengths.Count).OrderBy(row => lengths[row])];
        var cost = new long[sorted.Length + 1];
        var lastPass = new int[sorted.Length + 1];
        for (int end = 1; end <= sorted.Length; end++)
        {
            // The last of the first rows is the longest of its pass; so many rows before it may share the pass.
            long longest = lengths[sorted[end - 1]];
            cost[end] = long.MaxValue;
            for (int rows = 1; rows <= Math.Min(maxRows, end) && (rows == 1 || rows * longest <= maxTokens); rows++)
            {
                long total = cost[end - rows] + (rows * longest) + passCost;
                if (total <= cost[end])
                {
                    (cost[end], lastPass[end]) = (total, rows);
                }
            }
        }

        var passes = new List<int[]>();
        for (int end = sorted.Length; end > 0; end -= lastPass[end])
        {
            passes.Add(sorted[(end - lastPass[end])..end]);
        }

        passes.Reverse();
        return passes;
    }
}
