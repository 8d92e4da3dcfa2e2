namespace MLNet.Dispersion.Tests.Losses;

/// <summary>The losses in plain double loops over token pairs, straight from the formulas: slow, and impossible to confuse with the tensor code.</summary>
internal static class NaiveDispersion
{
    /// <summary>Mean over the sequences that have at least two tokens; each is an array of real tokens.</summary>
    public static double Batch(IEnumerable<double[][]> sequences, DispersionOptions options) =>
        sequences.Where(s => s.Length >= 2).Select(s => Sequence(s, options)).DefaultIfEmpty(0).Average();

    public static double Sequence(double[][] z, DispersionOptions o) => o.Variant switch
    {
        DispersionVariant.AngularSpread => Math.Log(PairMean(z, (a, b) => Math.Exp((-Angle(a, b, o) / o.TauCos) + o.Epsilon))),
        DispersionVariant.Orthogonalization => PairMean(z, (a, b) => Math.Pow(Math.Max(0, o.Margin - Angle(a, b, o)), 2)),
        DispersionVariant.Decorrelation => PairMean(z, (a, b) => Math.Pow(Correlation(a, b), 2)),
        DispersionVariant.L2Repel => L2Repel(z, o),
        DispersionVariant.PerplexityEntropy => -Enumerable.Range(0, z.Length).Average(i => EntropyBits(z, i, o)),
        _ => throw new ArgumentOutOfRangeException(nameof(o)),
    };

    private static double PairMean(double[][] z, Func<double[], double[], double> term)
    {
        double sum = 0;
        for (int i = 0; i < z.Length; i++)
        {
            for (int j = 0; j < z.Length; j++)
            {
                sum += i == j ? 0 : term(z[i], z[j]);
            }
        }

        return sum / (z.Length * (z.Length - 1.0));
    }

    private static double L2Repel(double[][] z, DispersionOptions o)
    {
        double sum = z.Sum(a => z.Sum(b => Math.Exp((-SquaredDistance(a, b) / o.TauL2) + o.Epsilon)));
        return Math.Log(sum / (z.Length * z.Length)) + (0.1 * z.Average(row => row.Average(v => v * v)));
    }

    private static double EntropyBits(double[][] z, int i, DispersionOptions o)
    {
        double[] others = [.. Enumerable.Range(0, z.Length).Where(j => j != i).Select(j => -SquaredDistance(z[i], z[j]) / o.TauL2)];
        double top = others.Max();
        double total = others.Sum(l => Math.Exp(l - top));
        return -others.Select(l => Math.Exp(l - top) / total).Sum(p => p == 0 && o.Epsilon == 0 ? 0 : p * Math.Log2(p + o.Epsilon));
    }

    private static double Angle(double[] a, double[] b, DispersionOptions o)
    {
        double cosine = Dot(a, b) / ((Math.Sqrt(Dot(a, a)) + o.Epsilon) * (Math.Sqrt(Dot(b, b)) + o.Epsilon));
        return Math.Acos(Math.Clamp(cosine, -1 + o.ClampThreshold, 1 - o.ClampThreshold)) / Math.PI;
    }

    private static double Correlation(double[] a, double[] b)
    {
        double[] x = [.. a.Select(v => v - a.Average())], y = [.. b.Select(v => v - b.Average())];
        return Dot(x, y) / Math.Sqrt(Dot(x, x) * Dot(y, y));
    }

    private static double SquaredDistance(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
