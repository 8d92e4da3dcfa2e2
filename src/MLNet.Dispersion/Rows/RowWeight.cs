using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Reads how much rows count, and checks it.</summary>
internal static class RowWeight
{
    /// <summary>What reads the weight of the row that a cursor stands on, given its number for messages; null where no column is named.</summary>
    /// <exception cref="ArgumentException">(when reading) It is negative or no finite number.</exception>
    internal static Func<int, float>? Reader(DataViewRow cursor, string? column)
    {
        if (column is null)
        {
            return null;
        }

        ValueGetter<float> read = cursor.GetGetter<float>(cursor.Schema[column]);
        return row =>
        {
            float weight = 0;
            read(ref weight);
            return Checked(weight, column, row);
        };
    }

    /// <summary>Requires that some row counts.</summary>
    /// <exception cref="ArgumentException">All weights are 0.</exception>
    internal static void RequireAny(List<float> weights, string column)
    {
        if (weights.Count > 0 && weights.TrueForAll(weight => weight == 0))
        {
            throw new ArgumentException($"All {weights.Count} training rows have weight 0 in column '{column}'; there is nothing to learn from.");
        }
    }

    private static float Checked(float weight, string column, int row) => float.IsFinite(weight) && weight >= 0
        ? weight
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The weight in column '{column}' of row {row} (from 0) is {weight}; weights must be finite numbers, at least 0."));
}
