using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>One run's result.</summary>
internal sealed record Outcome(string Contender, string Model, string Set, string Size, bool Fresh, int Seed, Scores Scores, double Seconds, DateTime Done);

/// <summary>Outcomes as JSON lines, each appended once its run is done: an interrupted command goes on where it was.</summary>
internal sealed class OutcomeFile(string path)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);
    private readonly List<Outcome> _outcomes = File.Exists(path) ? [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<Outcome>(line, Format)!)] : [];

    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    public bool Has(string contender, string model, string set, string size, bool fresh, int seed) =>
        _outcomes.Any(one => one.Contender == contender && one.Model == model && one.Set == set && one.Size == size && one.Fresh == fresh && one.Seed == seed);

    public void Add(Outcome outcome)
    {
        File.AppendAllText(path, JsonSerializer.Serialize(outcome, Format) + "\n");
        _outcomes.Add(outcome);
    }
}
