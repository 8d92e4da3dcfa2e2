using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>How right probabilities were.</summary>
/// <param name="Accuracy">The share of rows whose most probable label was right.</param>
/// <param name="LogLoss">Mean negative log-probability of the right label, nats; a label that no training row has counts as one of 1e-6.</param>
/// <param name="CalibrationError">Mean distance between confidence and accuracy over ten equal ranges of confidence, weighted by rows.</param>
internal sealed record Scores(double Accuracy, double LogLoss, double CalibrationError)
{
    private const double Least = 1e-6;

    public static Scores Of(float[][] probabilities, LabelledText[] rows, string[] classes)
    {
        var right = new bool[rows.Length];
        var confidence = new double[rows.Length];
        double loss = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            float[] p = probabilities[row];
            int label = Array.IndexOf(classes, rows[row].Label), best = Array.IndexOf(p, p.Max());
            right[row] = label == best;
            loss -= Math.Log(label < 0 ? Least : Math.Max(Least, p[label]));
            confidence[row] = Math.Min(1, p[best]);
        }

        return new Scores(right.Average(value => value ? 1.0 : 0), loss / rows.Length, MultiClassMetrics.CalibrationError(confidence, right));
    }
}
