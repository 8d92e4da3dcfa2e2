using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>How much each training row counts.</summary>
internal static class ExampleWeights
{
    /// <summary>Checks weights that a caller gives.</summary>
    /// <exception cref="ArgumentException">There is not one a row, one is negative or not finite, or all are 0.</exception>
    internal static void Check(int rows, IReadOnlyList<float>? weights)
    {
        if (weights is null)
        {
            return;
        }

        if (weights.Count != rows)
        {
            throw new ArgumentException($"There are {rows} texts but {weights.Count} weights; each text needs one.", nameof(weights));
        }

        for (int row = 0; row < rows; row++)
        {
            if (!float.IsFinite(weights[row]) || weights[row] < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(weights), weights[row], string.Create(CultureInfo.InvariantCulture, $"Row {row} has weight {weights[row]}; weights must be finite numbers, at least 0."));
            }
        }

        if (weights.All(weight => weight == 0))
        {
            throw new ArgumentException($"All {rows} training rows have weight 0; there is nothing to learn from. Give some rows a weight above 0.", nameof(weights));
        }
    }

    /// <summary>The weights of rows with classes: those given times those of their classes; null where all count the same.</summary>
    internal static IReadOnlyList<float>? Of(IReadOnlyList<int> labels, IReadOnlyList<float>? weights, ClassWeighting weighting)
    {
        if (weighting == ClassWeighting.Even)
        {
            return weights;
        }

        Dictionary<int, int> counts = labels.CountBy(label => label).ToDictionary();
        return [.. labels.Select((label, row) => (float)((weights?[row] ?? 1) * (double)labels.Count / ((double)counts.Count * counts[label])))];
    }
}
