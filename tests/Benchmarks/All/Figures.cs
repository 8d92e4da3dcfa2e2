using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.All;

/// <summary>Reads the figures in what a benchmark printed.</summary>
internal static class Figures
{
    /// <summary>Settings that are numbers: they tell lines from one another and are no figures.</summary>
    private static readonly string[] Settings = ["batch", "length", "rows", "tokens", "clients", "prompts", "promptTokens", "newTokens", "threads", "texts"];

    /// <summary>The figures of each line of JSON, by the benchmark's name, the line's settings and the figure's name.</summary>
    internal static IEnumerable<(string Name, double Value)> Of(Benchmark benchmark, IEnumerable<string> lines)
    {
        foreach (string line in lines.Where(line => line.StartsWith('{')))
        {
            JsonProperty[] fields = [.. JsonSerializer.Deserialize<JsonElement>(line).EnumerateObject()];
            string setting = string.Join(' ', fields
                .Where(field => field.Value.ValueKind == JsonValueKind.String ? field.Name != "load" : field.Value.ValueKind == JsonValueKind.Number && Settings.Contains(field.Name))
                .Select(field => $"{field.Name}={field.Value}"));
            foreach (JsonProperty field in fields.Where(field => field.Value.ValueKind == JsonValueKind.Number && (benchmark.Higher.Contains(field.Name) || benchmark.Lower.Contains(field.Name))))
            {
                yield return ($"{benchmark.Name} {setting}: {(benchmark.Lower.Contains(field.Name) ? Comparison.LowerMark : "")}{field.Name}", field.Value.GetDouble());
            }
        }
    }
}
