using System.Globalization;

namespace MLNet.Dispersion.Benchmarks.SentenceFeatures;

/// <summary>Two sentences and how alike people found them, 0..5.</summary>
internal sealed record Pair(double Score, string First, string Second)
{
    public static Pair[] Read(string path)
    {
        string[][] lines = [.. File.ReadLines(path).Select(line => line.Split('\t'))];
        int score = Array.IndexOf(lines[0], "score"), first = Array.IndexOf(lines[0], "sentence1"), second = Array.IndexOf(lines[0], "sentence2");
        return [.. lines.Skip(1).Select(line => new Pair(double.Parse(line[score], CultureInfo.InvariantCulture), line[first], line[second]))];
    }
}
