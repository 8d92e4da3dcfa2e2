using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>The texts: a file cut into passages of some thousand characters at line ends.</summary>
internal static class Texts
{
    private const int Passage = 4000;

    /// <summary>Reads a text file, or a .jsonl.gz with a field <c>text</c> in each line, up to some bytes of UTF-8; a shorter file is read again and again.</summary>
    public static string[] Read(string path, int bytes)
    {
        var passages = new List<string>();
        int taken = 0;
        while (taken < bytes)
        {
            foreach (string text in Whole(path))
            {
                for (int start = 0; start < text.Length && taken < bytes;)
                {
                    int end = Math.Min(text.Length, start + Passage);
                    int line = end < text.Length ? text.LastIndexOf('\n', end - 1, end - start) : -1;
                    end = line > start ? line + 1 : end;
                    passages.Add(text[start..end]);
                    taken += Encoding.UTF8.GetByteCount(passages[^1]);
                    start = end;
                }
            }
        }

        return [.. passages];
    }

    private static IEnumerable<string> Whole(string path)
    {
        if (!path.EndsWith(".jsonl.gz", StringComparison.Ordinal))
        {
            yield return File.ReadAllText(path);
            yield break;
        }

        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!;
        }
    }
}
