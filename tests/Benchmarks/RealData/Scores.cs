namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>How right probabilities were.</summary>
/// <param name="Accuracy">The share of rows whose most probable label was right.</param>
/// <param name="LogLoss">Mean negative log-probability of the right label, nats; a label that no training row has counts as one of 1e-6.</param>
/// <param name="CalibrationError">Mean distance between confidence and accuracy over ten equal ranges of confidence, weighted by rows.</param>
internal sealed record Scores(double Accuracy, double LogLoss, double CalibrationError)
{
    private const double Least = 1e-6;
    private const int Bins = 10;

    public static Scores Of(float[][] probabilities, LabelledText[] rows, string[] classes)
    {
        var right = new bool[rows.Length];
        var sums = new (double Confidence, double Right, int Rows)[Bins];
        double loss = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            float[] p = probabilities[row];
            int label = Array.IndexOf(classes, rows[row].Label), best = Array.IndexOf(p, p.Max());
            right[row] = label == best;
            loss -= Math.Log(label < 0 ? Least : Math.Max(Least, p[label]));
            int bin = Math.Min(Bins - 1, (int)(p[best] * Bins));
            sums[bin] = (sums[bin].Confidence + p[best], sums[bin].Right + (right[row] ? 1 : 0), sums[bin].Rows + 1);
        }

        return new Scores(right.Average(value => value ? 1.0 : 0), loss / rows.Length, sums.Where(bin => bin.Rows > 0).Sum(bin => Math.Abs(bin.Confidence - bin.Right)) / rows.Length);
    }
}
