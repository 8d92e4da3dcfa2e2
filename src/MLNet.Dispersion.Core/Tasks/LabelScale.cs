namespace MLNet.Dispersion;

/// <summary>Between a regression's labels and the numbers of mean 0 and variance 1 that are trained on.</summary>
/// <param name="Mean">The labels' mean.</param>
/// <param name="Deviation">Their standard deviation (of the population), above 0.</param>
internal sealed record LabelScale(double Mean, double Deviation)
{
    /// <summary>The scale of labels that <see cref="NumberedTexts"/> has checked.</summary>
    internal static LabelScale Of(IReadOnlyList<float> labels)
    {
        double mean = labels.Average(label => (double)label);
        return new LabelScale(mean, Math.Sqrt(labels.Average(label => (label - mean) * (label - mean))));
    }

    internal float[] Standardised(IReadOnlyList<float> labels) => [.. labels.Select(label => (float)((label - Mean) / Deviation))];

    /// <summary>Turns predictions back into labels, in place.</summary>
    internal float[] Restored(float[] predictions)
    {
        for (int i = 0; i < predictions.Length; i++)
        {
            predictions[i] = (float)((predictions[i] * Deviation) + Mean);
        }

        return predictions;
    }
}
