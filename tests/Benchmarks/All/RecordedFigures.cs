using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.All;

/// <summary>The figures last recorded, for each kind of machine.</summary>
/// <param name="Machines">By their kinds: processor, vectors, threads, system.</param>
internal sealed record RecordedFigures(SortedDictionary<string, RecordedMachine> Machines)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static RecordedFigures Read(string path) => File.Exists(path) ? JsonSerializer.Deserialize<RecordedFigures>(File.ReadAllText(path), Json)! : new([]);

    internal IReadOnlyDictionary<string, double[]>? Of(string machine) => Machines.GetValueOrDefault(machine)?.Figures;

    /// <summary>With new figures of a machine; those that were not measured this time stay.</summary>
    internal RecordedFigures With(string machine, DateOnly date, IReadOnlyDictionary<string, List<double>> figures)
    {
        var all = new SortedDictionary<string, double[]>(StringComparer.Ordinal);
        foreach ((string name, double[] values) in Of(machine) ?? new Dictionary<string, double[]>())
        {
            all[name] = values;
        }

        foreach ((string name, List<double> values) in figures)
        {
            all[name] = [.. values];
        }

        return new RecordedFigures(new SortedDictionary<string, RecordedMachine>(Machines) { [machine] = new RecordedMachine(date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), all) });
    }

    internal void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
}

/// <summary>The figures of one kind of machine.</summary>
/// <param name="Date">Of the last recording.</param>
/// <param name="Figures">All runs of each.</param>
internal sealed record RecordedMachine(string Date, SortedDictionary<string, double[]> Figures);
