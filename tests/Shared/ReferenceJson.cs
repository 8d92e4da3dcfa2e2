using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion.Tests;

/// <summary>Numbers of reference files, in which one that is not finite is the string "NaN", "Infinity" or "-Infinity".</summary>
internal static class ReferenceJson
{
    private static readonly JsonSerializerOptions Named = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>A number.</summary>
    public static double Number(this JsonElement element) => element.Deserialize<double>(Named);

    /// <summary>The number that an object calls <paramref name="name"/>.</summary>
    public static double Number(this JsonElement element, string name) => element.GetProperty(name).Number();

    /// <summary>A list of numbers.</summary>
    public static double[] Numbers(this JsonElement element) => element.Deserialize<double[]>(Named)!;

    /// <summary>The list of numbers that an object calls <paramref name="name"/>.</summary>
    public static double[] Numbers(this JsonElement element, string name) => element.GetProperty(name).Numbers();
}
