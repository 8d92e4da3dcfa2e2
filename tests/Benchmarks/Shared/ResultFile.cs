using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion.Benchmarks;

/// <summary>Results as JSON lines, each appended once its run is done: an interrupted command goes on where it was.</summary>
/// <typeparam name="T">One run's result, which says which run it is of.</typeparam>
/// <param name="path">The file; null to keep them in memory alone.</param>
internal sealed class ResultFile<T>(string? path)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private readonly List<T> _results = path is not null && File.Exists(path) ? [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<T>(line, Format)!)] : [];

    /// <summary>What stands in it.</summary>
    public IReadOnlyList<T> Results => _results;

    /// <summary>Whether a run stands there.</summary>
    public bool Has(Predicate<T> run) => _results.Exists(run);

    /// <summary>Appends a result.</summary>
    public void Add(T result)
    {
        if (path is not null)
        {
            File.AppendAllText(path, JsonSerializer.Serialize(result, Format) + "\n");
        }

        _results.Add(result);
    }
}
