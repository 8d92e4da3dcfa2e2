using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>What all parameters with two bounds check.</summary>
internal static class Bounds
{
    internal static void Check(string name, double low, double high)
    {
        if (!double.IsFinite(low) || !double.IsFinite(high) || !double.IsFinite(high - low))
        {
            throw new ArgumentOutOfRangeException(nameof(low), FormattableString.Invariant($"The bounds of '{name}' are {low} and {high}; both, and what lies between them, must be finite."));
        }

        if (low >= high)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The bounds of '{name}' are {low} and {high}; the lower comes first and must be below the upper. {(low > high ? "Swap them." : "What never varies belongs into the pipeline, not into the space.")}"), nameof(low));
        }
    }

    internal static void CheckPositive(string name, double low)
    {
        if (low <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(low), low, $"The lower bound of '{name}' must be above 0, since its logarithm is uniform. For a range with 0 in it, put a choice with and without before it (When), or make it uniform.");
        }
    }

    /// <summary>Whether a value is a number, whole or not, within the bounds.</summary>
    internal static bool Hold(object value, double low, double high) => value is double or long && Number(value) >= low && Number(value) <= high;

    internal static double Number(object value) => value is long whole ? whole : (double)value;

    internal static double? ReadNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;
}
