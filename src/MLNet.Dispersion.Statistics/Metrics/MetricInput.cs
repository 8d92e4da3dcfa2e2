using System.Globalization;
using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Statistics;

/// <summary>What all metrics ask of what they are given.</summary>
internal static class MetricInput
{
    /// <summary>Refuses lists of different lengths.</summary>
    public static void SameLength(int truth, int other, string name)
    {
        if (truth != other)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Truth and prediction must speak of the same items; there are {truth} and {other}."), name);
        }
    }

    /// <summary>Refuses an empty list, of which no metric exists.</summary>
    public static void NotEmpty(int count, string name)
    {
        if (count == 0)
        {
            throw new ArgumentException("A metric needs at least one item; there is none.", name);
        }
    }

    /// <summary>Refuses numbers that are not finite.</summary>
    public static void Finite(IReadOnlyList<double> values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Item {i} is {values[i]}; metrics need finite numbers."), name);
            }
        }
    }
}
