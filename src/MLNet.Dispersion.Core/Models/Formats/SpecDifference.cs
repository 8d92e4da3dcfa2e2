using System.Collections;
using System.Globalization;
using System.Reflection;

namespace MLNet.Dispersion.Models;

/// <summary>Finds what two networks do not have in common once they are trained.</summary>
internal static class SpecDifference
{
    // Numbers of files are float32.
    private const double Tolerance = 1e-6;

    // What only training knows of.
    private static readonly HashSet<string> Passing = [nameof(AttentionSpec.Dropout), nameof(TransformerSpec.ScalesResidualInitialisation), nameof(TransformerSpec.Blocks), nameof(TransformerSpec.Block)];

    /// <summary>The first setting in which they differ, with both values; null where there is none.</summary>
    internal static (string Setting, string First, string Second)? Of(TransformerSpec first, TransformerSpec second) => first.LayerCount != second.LayerCount
        ? Compare(first, second, "")
        : Enumerable.Range(0, first.LayerCount).Select(layer => Compare(first.BlockOf(layer), second.BlockOf(layer), $"layer {layer.ToString(CultureInfo.InvariantCulture)}: ")).FirstOrDefault(found => found is not null) ?? Compare(first, second, "");

    private static (string Setting, string First, string Second)? Compare(object? first, object? second, string place)
    {
        if (first is null || second is null || first.GetType() != second.GetType() || first is string || first.GetType().IsPrimitive || first is Enum)
        {
            bool same = first is double a && second is double b ? Math.Abs(a - b) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b)) : Equals(first, second);
            return same ? null : (place.TrimEnd('.'), Shown(first), Shown(second));
        }

        if (first is IEnumerable list)
        {
            object?[] mine = [.. list.Cast<object?>()], other = [.. ((IEnumerable)second).Cast<object?>()];
            return mine.Length != other.Length ? (place.TrimEnd('.'), $"{mine.Length} entries", $"{other.Length} entries") : mine.Zip(other).Select(pair => Compare(pair.First, pair.Second, place)).FirstOrDefault(found => found is not null);
        }

        return first.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => !Passing.Contains(property.Name))
            .Select(property => Compare(property.GetValue(first), property.GetValue(second), $"{place}{property.Name}.")).FirstOrDefault(found => found is not null);
    }

    private static string Shown(object? value) => value switch
    {
        null => "none",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        RopeScaling scaling => scaling.GetType().Name,
        _ => value.ToString() ?? "",
    };
}
