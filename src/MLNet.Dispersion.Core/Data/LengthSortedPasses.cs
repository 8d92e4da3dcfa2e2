namespace MLNet.Dispersion.Data;

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
}
