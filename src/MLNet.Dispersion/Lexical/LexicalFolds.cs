namespace MLNet.Dispersion;

/// <summary>Rows in three parts, which are held out in turn.</summary>
internal static class LexicalFolds
{
    private const int Folds = 3;

    /// <summary>Parts the rows so that labels, or ranges of them, are spread over the parts as evenly as can be.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="seed">Of the order of rows of one label.</param>
    /// <returns>The rows of each part; fewer parts where there are fewer rows.</returns>
    internal static int[][] Of<TLabel>(IReadOnlyList<TLabel> labels, int seed)
    {
        int[] order = [.. Enumerable.Range(0, labels.Count)];
        new Random(seed).Shuffle(order);
        int[] sorted = [.. order.OrderBy(row => labels[row])];
        return [.. Enumerable.Range(0, Folds).Select(fold => sorted.Where((_, place) => place % Folds == fold).Order().ToArray()).Where(part => part.Length > 0)];
    }
}
