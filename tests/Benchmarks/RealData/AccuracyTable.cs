using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>Collects accuracies and prints mean and standard deviation over seeds.</summary>
internal sealed class AccuracyTable(IReadOnlyList<Contender> contenders)
{
    private readonly List<(string Set, string Contender, double[] Accuracies)> _results = [];

    /// <summary>Runs every contender on a set, with a line of progress for each.</summary>
    public void Measure(DataSet set, int rows, int testRows, int seeds)
    {
        var test = set.Test(testRows);
        int[] runs = [.. Enumerable.Range(1, seeds)];
        Add(set.Name, "majority class", [.. runs.Select(seed => Contender.MajorityAccuracy(set.Train(rows, seed), test))]);
        foreach (Contender contender in contenders)
        {
            Add(set.Name, contender.Name, [.. runs.Select(seed => contender.Accuracy(set.Train(rows, seed), test, seed))]);
        }
    }

    /// <summary>The table as Markdown.</summary>
    public string ToMarkdown()
    {
        string[] sets = [.. _results.Select(result => result.Set).Distinct()];
        var text = new StringBuilder();
        text.AppendLine("| accuracy | " + string.Join(" | ", sets) + " |");
        text.AppendLine("|---|" + string.Concat(sets.Select(_ => "---:|")));
        foreach (var group in _results.GroupBy(result => result.Contender))
        {
            text.AppendLine($"| {group.Key} | " + string.Join(" | ", group.Select(result => Cell(result.Accuracies))) + " |");
        }

        return text.ToString();
    }

    private static string Cell(double[] values)
    {
        double mean = values.Average();
        double deviation = values.Length < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{mean:0.000} ± {deviation:0.000}");
    }

    private void Add(string set, string contender, double[] accuracies)
    {
        _results.Add((set, contender, accuracies));
        Console.WriteLine($"{set}: {contender}: {Cell(accuracies)}");
    }
}
