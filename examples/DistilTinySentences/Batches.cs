using static TorchSharp.torch;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>Texts of equal length together, so that nothing is padded.</summary>
internal static class Batches
{
    /// <summary>Places of texts, batch by batch.</summary>
    /// <param name="texts">Their tokens.</param>
    /// <param name="tokens">About how many tokens a batch has.</param>
    /// <param name="random">Of the order; null for the shortest first.</param>
    public static List<int[]> Of(IReadOnlyList<int[]> texts, int tokens, Random? random)
    {
        var batches = new List<int[]>();
        foreach (var group in Enumerable.Range(0, texts.Count).GroupBy(text => texts[text].Length).OrderBy(group => group.Key))
        {
            int[] places = [.. group];
            random?.Shuffle(places);
            batches.AddRange(places.Chunk(Math.Max(1, tokens / group.Key)));
        }

        if (random is not null)
        {
            int[][] order = [.. batches];
            random.Shuffle(order);
            batches = [.. order];
        }

        return batches;
    }

    /// <summary>Tokens of texts of one length, <c>[B, L]</c>.</summary>
    public static Tensor Ids(IEnumerable<int[]> texts)
    {
        long[][] rows = [.. texts.Select(text => text.Select(id => (long)id).ToArray())];
        return tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
    }
}
