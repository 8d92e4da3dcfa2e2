using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>Outcomes as JSON lines, each appended once its run is done: an interrupted command goes on where it was.</summary>
internal sealed class ResultFile(string path)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private readonly List<Outcome> _outcomes = File.Exists(path) ? [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<Outcome>(line, Format)!)] : [];

    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    public bool Has(Cell cell) => _outcomes.Any(outcome => outcome.Cell == cell);

    public void Add(Outcome outcome)
    {
        File.AppendAllText(path, JsonSerializer.Serialize(outcome, Format) + "\n");
        _outcomes.Add(outcome);
    }
}
