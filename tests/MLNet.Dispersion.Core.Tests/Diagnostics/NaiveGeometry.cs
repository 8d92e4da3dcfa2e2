namespace MLNet.Dispersion.Tests.Diagnostics;

/// <summary>The measures by loops over doubles, without tensors: singular values from a Jacobi eigenvalue iteration.</summary>
internal static class NaiveGeometry
{
    public static double Value(GeometryMeasure measure, double[][] rows, double[][] embeddings)
    {
        double[] s = SingularValues(rows);
        double sum = s.Sum(), squares = s.Sum(x => x * x);
        double entropy = s.Where(x => x > 0).Sum(x => -(x / sum) * Math.Log(x / sum));
        return measure switch
        {
            GeometryMeasure.MeanCosine => Cosines(rows, diagonal: true).Average(),
            GeometryMeasure.MeanCosineOffDiagonal => Cosines(rows, diagonal: false).Average(),
            GeometryMeasure.SingularValueEntropy => entropy / Math.Log(2),
            GeometryMeasure.EffectiveRank => Math.Exp(entropy),
            GeometryMeasure.MaximumExplainableVariance => s[0] * s[0] / squares,
            GeometryMeasure.ParticipationRatio => squares * squares / s.Sum(x => x * x * x * x),
            GeometryMeasure.StableRank => squares / (s[0] * s[0]),
            GeometryMeasure.HighToLowFrequencyRatio => SingularValues(Centred(rows))[0] / (Math.Sqrt(rows.Length) * Norm(Mean(rows))),
            GeometryMeasure.HighFrequencyGrowth => Math.Log(Frobenius(Centred(rows)) / Frobenius(Centred(embeddings))),
            GeometryMeasure.MeanNorm => rows.Average(Norm),
            _ => throw new ArgumentOutOfRangeException(nameof(measure)),
        };
    }

    public static IEnumerable<double> Cosines(double[][] rows, bool diagonal) =>
        from i in Enumerable.Range(0, rows.Length)
        from j in Enumerable.Range(0, rows.Length)
        where diagonal || i != j
        select Math.Clamp(Dot(rows[i], rows[j]) / (Math.Max(Norm(rows[i]), 1e-3) * Math.Max(Norm(rows[j]), 1e-3)), -1, 1);

    /// <summary>Largest first; as many as the shorter side.</summary>
    public static double[] SingularValues(double[][] rows)
    {
        double[][] side = rows.Length <= rows[0].Length ? rows : [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Select(row => row[c]).ToArray())];
        return [.. OrthogonalizedRows(side).Select(Norm).OrderDescending()];
    }

    /// <summary>One-sided Jacobi: rotates pairs of rows until all are orthogonal; their lengths are the singular values.</summary>
    private static double[][] OrthogonalizedRows(double[][] rows)
    {
        double[][] a = [.. rows.Select(row => row.ToArray())];
        for (int sweep = 0; sweep < 60; sweep++)
        {
            for (int p = 0; p < a.Length; p++)
            {
                for (int q = p + 1; q < a.Length; q++)
                {
                    Rotate(a[p], a[q]);
                }
            }
        }

        return a;
    }

    private static void Rotate(double[] x, double[] y)
    {
        double cross = Dot(x, y);
        if (cross == 0)
        {
            return;
        }

        double zeta = (Dot(y, y) - Dot(x, x)) / (2 * cross);
        double t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        double c = 1 / Math.Sqrt(1 + (t * t));
        for (int i = 0; i < x.Length; i++)
        {
            (x[i], y[i]) = (c * (x[i] - (t * y[i])), c * (y[i] + (t * x[i])));
        }
    }

    private static double[] Mean(double[][] rows) => [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Average(row => row[c]))];

    private static double[][] Centred(double[][] rows)
    {
        double[] mean = Mean(rows);
        return [.. rows.Select(row => row.Zip(mean, (a, b) => a - b).ToArray())];
    }

    private static double Frobenius(double[][] rows) => Math.Sqrt(rows.Sum(row => Dot(row, row)));

    private static double Norm(double[] row) => Math.Sqrt(Dot(row, row));

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
