using MathNet.Numerics.Distributions;

namespace MLNet.Dispersion.Statistics;

/// <summary>Rank correlations with ties, as SciPy computes them. Pure functions, thread-safe.</summary>
public static class RankCorrelation
{
    private const int MostEnumerated = 8;
    private const double Rounding = 1e-9;

    /// <summary>By the number of values: of ranks without ties.</summary>
    private static readonly Lazy<double[]>[] Untied = [.. Enumerable.Range(0, MostEnumerated + 1).Select(count => new Lazy<double[]>(() =>
    {
        double[] ranks = [.. Enumerable.Range(1, count).Select(rank => (double)rank)];
        return OfAllOrders(ranks, ranks);
    }))];

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

    /// <summary>Computes how often a Spearman's rho as far from 0 would come out if all orders were equally likely: two-sided p.</summary>
    /// <remarks>Of up to eight values over all orders; of more by Student's t with n - 2 degrees. Of six values only 0.886 and more have a p below 0.05, of three none has.</remarks>
    /// <param name="first">Values, finite.</param>
    /// <param name="second">As many values.</param>
    /// <returns>0..1; NaN where rho is NaN.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a value is not finite.</exception>
    public static double SpearmanPValue(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        double rho = Spearman(first, second);
        if (double.IsNaN(rho))
        {
            return double.NaN;
        }

        int count = first.Count;
        if (count <= MostEnumerated)
        {
            double[] ranks = Ranks(first), others = Ranks(second);
            double[] ofAllOrders = IsTied(ranks) || IsTied(others) ? OfAllOrders(ranks, others) : Untied[count].Value;
            return (double)ofAllOrders.Count(one => one >= Math.Abs(rho) - Rounding) / ofAllOrders.Length;
        }

        double t = Math.Abs(rho) * Math.Sqrt((count - 2) / Math.Max(double.Epsilon, 1 - (rho * rho)));
        return 2 * StudentT.CDF(0, 1, count - 2, -t);
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

    private static bool IsTied(double[] ranks) => ranks.Distinct().Count() < ranks.Length;

    /// <summary>How far from 0 the ranks correlate with the others in each of their orders.</summary>
    private static double[] OfAllOrders(double[] ranks, double[] others)
    {
        var all = new List<double>();
        Order((double[])ranks.Clone(), 0);
        return [.. all];

        void Order(double[] order, int place)
        {
            if (place == order.Length)
            {
                all.Add(Math.Abs(Pearson(order, others)));
            }

            for (int i = place; i < order.Length; i++)
            {
                (order[place], order[i]) = (order[i], order[place]);
                Order(order, place + 1);
                (order[place], order[i]) = (order[i], order[place]);
            }
        }
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
