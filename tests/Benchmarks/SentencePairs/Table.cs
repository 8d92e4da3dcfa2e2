namespace MLNet.Dispersion.Benchmarks.SentencePairs;

/// <summary>Tab-separated files with a header.</summary>
internal static class Table
{
    /// <summary>Columns of a file, row by row.</summary>
    public static string[][] Read(string path, params string[] columns)
    {
        string[][] lines = [.. File.ReadLines(path).Select(line => line.Split('\t'))];
        int[] places = [.. columns.Select(column => Array.IndexOf(lines[0], column) is >= 0 and var place ? place : throw new InvalidDataException($"{path} has no column '{column}'."))];
        return [.. lines.Skip(1).Select(line => places.Select(place => line[place]).ToArray())];
    }
}
