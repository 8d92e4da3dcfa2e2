using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests;

/// <summary>Answers as JSON, and how they are compared: texts exactly, numbers up to what another processor rounds differently.</summary>
/// <remarks>The program that wrote the saved files holds this file, too, and the other files named ...Answers: expected and found answers come of the same lines.</remarks>
internal static class SavedAnswers
{
    /// <summary>Relative above 1, absolute below.</summary>
    public const double Tolerance = 1e-5;

    public static JsonNode Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));

    public static JsonNode Number(float value) => float.IsFinite(value) ? JsonValue.Create(value) : Number((double)value);

    public static JsonNode? Number(double? value) => value is { } number ? Number(number) : null;

    public static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(Number)]);

    public static JsonArray Numbers(IEnumerable<float> values) => new([.. values.Select(Number)]);

    public static JsonArray Numbers(IEnumerable<int> values) => new([.. values.Select(value => (JsonNode)value)]);

    public static JsonArray Words(IEnumerable<string?> values) => new([.. values.Select(value => (JsonNode?)value)]);

    public static JsonArray List<T>(IEnumerable<T> values, Func<T, JsonNode?> answer) => new([.. values.Select(answer)]);

    /// <summary>Where two answers differ; empty when they are the same.</summary>
    public static List<string> Differences(JsonNode? expected, JsonNode? actual)
    {
        var differences = new List<string>();
        Compare(expected, actual, "$", differences);
        return differences;
    }

    private static void Compare(JsonNode? expected, JsonNode? actual, string path, List<string> differences)
    {
        switch (expected, actual)
        {
            case (JsonObject left, JsonObject right):
                foreach (string name in left.Select(pair => pair.Key).Union(right.Select(pair => pair.Key)))
                {
                    Compare(left.ContainsKey(name) ? left[name] : "(absent)", right.ContainsKey(name) ? right[name] : "(absent)", $"{path}.{name}", differences);
                }

                break;
            case (JsonArray left, JsonArray right) when left.Count == right.Count:
                for (int i = 0; i < left.Count; i++)
                {
                    Compare(left[i], right[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), differences);
                }

                break;
            default:
                if (!AreSame(expected, actual))
                {
                    differences.Add($"{path}: expected {Show(expected)}, found {Show(actual)}");
                }

                break;
        }
    }

    private static bool AreSame(JsonNode? expected, JsonNode? actual)
    {
        if (expected?.GetValueKind() != JsonValueKind.Number || actual?.GetValueKind() != JsonValueKind.Number)
        {
            return Show(expected) == Show(actual);
        }

        double left = double.Parse(expected.ToJsonString(), CultureInfo.InvariantCulture), right = double.Parse(actual.ToJsonString(), CultureInfo.InvariantCulture);
        return Math.Abs(left - right) <= Tolerance * Math.Max(1, Math.Abs(left));
    }

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "null";
}
