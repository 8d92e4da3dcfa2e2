using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Checks how much the rows of a column count.</summary>
internal static class RowWeight
{
    /// <summary>A weight, once it is known to be one.</summary>
    /// <exception cref="ArgumentException">It is negative or no finite number.</exception>
    internal static float Checked(float weight, string column, int row) => float.IsFinite(weight) && weight >= 0
        ? weight
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The weight in column '{column}' of row {row} (from 0) is {weight}; weights must be finite numbers, at least 0."));

    /// <summary>Requires that some row counts.</summary>
    /// <exception cref="ArgumentException">All weights are 0.</exception>
    internal static void RequireAny(List<float> weights, string column)
    {
        if (weights.Count > 0 && weights.TrueForAll(weight => weight == 0))
        {
            throw new ArgumentException($"All {weights.Count} training rows have weight 0 in column '{column}'; there is nothing to learn from.");
        }
    }
}
