namespace MLNet.Dispersion.Statistics;

/// <summary>Rank correlations with ties, as SciPy computes them. Pure functions, thread-safe.</summary>
public static class RankCorrelation
{
    /// <summary>Spearman's rho: Pearson's correlation of the ranks, tied values sharing their mean rank.</summary>
    /// <param name="first">Values, finite.</param>
    /// <param name="second">As many values.</param>
    /// <returns>-1..1; NaN when there are fewer than two values or one side is constant, since no order exists then.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a value is not finite.</exception>
    public static double Spearman(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        Check(first, second);
        return Pearson(Ranks(first), Ranks(second));
    }

    /// <summary>Kendall's tau-b: concordant minus discordant pairs, over the geometric mean of the pairs not tied on either side.</summary>
    /// <param name="first">Values, finite.</param>
    /// <param name="second">As many values.</param>
    /// <returns>-1..1; NaN when there are fewer than two values or one side is constant.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a value is not finite.</exception>
    public static double KendallTauB(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        Check(first, second);
        long balance = 0, untiedFirst = 0, untiedSecond = 0;
        for (int i = 0; i < first.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                int a = first[i].CompareTo(first[j]), b = second[i].CompareTo(second[j]);
                balance += a * b;
                untiedFirst += a * a;
                untiedSecond += b * b;
            }
        }

        return balance / Math.Sqrt((double)untiedFirst * untiedSecond);
    }

    private static void Check(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"A correlation needs two lists of the same length; these have {first.Count} and {second.Count} values.", nameof(second));
        }

        if (!first.All(double.IsFinite) || !second.All(double.IsFinite))
        {
            throw new ArgumentException("A correlation needs finite values: NaN and infinity have no rank. Leave those entries out of both lists.", nameof(first));
        }
    }

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        var ranks = new double[values.Count];
        for (int start = 0; start < order.Length;)
        {
            int end = start + 1;
            while (end < order.Length && values[order[end]] == values[order[start]])
            {
                end++;
            }

            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end - 1) / 2.0;
            }

            start = end;
        }

        return ranks;
    }

    /// <summary>Pearson's correlation; NaN without values or where one side is constant, which is asked of the values: their mean may be rounded.</summary>
    internal static double Pearson(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        if (a.Count == 0 || a.All(value => value == a[0]) || b.All(value => value == b[0]))
        {
            return double.NaN;
        }

        double meanA = a.Average(), meanB = b.Average(), cross = 0, squareA = 0, squareB = 0;
        for (int i = 0; i < a.Count; i++)
        {
            double x = a[i] - meanA, y = b[i] - meanB;
            cross += x * y;
            squareA += x * x;
            squareB += y * y;
        }

        return Math.Clamp(cross / Math.Sqrt(squareA * squareB), -1, 1);
    }
}
