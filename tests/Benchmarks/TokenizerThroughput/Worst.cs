using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>Texts and files that take quadratic time where something is done the simple way: seconds of a size, and how much longer twice the size takes.</summary>
internal static class Worst
{
    private const int AddedTokens = 100_000;

    /// <summary>Prints one line a kind.</summary>
    public static void Run(IEnumerable<Folder> folders)
    {
        (string Name, int Size, Func<int, string> Make)[] texts =
        [
            ("10,000 letters", 10_000, Letters),
            ("a x 1 MB", 1_000_000, size => new string('a', size)),
            ("blank x 1 MB", 1_000_000, size => new string(' ', size)),
            ("U+0301 x 1 MB", 500_000, size => new string('\u0301', size)),
            ("1! x 1 MB", 1_000_000, size => string.Concat(Enumerable.Repeat("1!", size / 2))),
        ];
        Console.WriteLine("worst cases: seconds of the whole text with offsets (times longer than half of it)");
        Console.WriteLine($"{"",-34}{string.Concat(texts.Select(text => $"{text.Name,18}"))}{"100,000 added",18}");
        foreach (Folder folder in folders)
        {
            PipelineTokenizer tokenizer = folder.Load();
            string line = string.Concat(texts.Select(text => $"{Measure(tokenizer, text.Make, text.Size),18}"));
            Console.WriteLine($"{folder.Name,-34}{line}{WithAddedTokens(folder),18}");
        }
    }

    private static string Measure(PipelineTokenizer tokenizer, Func<int, string> make, int size)
    {
        tokenizer.Tokenize(make(size / 8));
        double half = Seconds(tokenizer, make(size / 2));
        double whole = Seconds(tokenizer, make(size));
        return string.Create(CultureInfo.InvariantCulture, $"{whole:0.000} ({whole / half:0.0})");
    }

    private static double Seconds(PipelineTokenizer tokenizer, string text)
    {
        var watch = Stopwatch.StartNew();
        tokenizer.Tokenize(text);
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>Loading with many added tokens, and a text of them.</summary>
    private static string WithAddedTokens(Folder folder)
    {
        JsonObject file = JsonNode.Parse(File.ReadAllBytes(folder.File))!.AsObject();
        file["added_tokens"] = new JsonArray([.. Enumerable.Range(0, AddedTokens).Select(i => (JsonNode)Kinds.Added(Added(i), special: i % 2 == 0, 0))]);
        var many = new Folder(folder.Name, folder.Path + "-added");
        Directory.CreateDirectory(many.Path);
        File.WriteAllBytes(many.File, JsonSerializer.SerializeToUtf8Bytes(file));
        var watch = Stopwatch.StartNew();
        PipelineTokenizer tokenizer = many.Load();
        double load = watch.Elapsed.TotalSeconds;
        string text = string.Concat(Enumerable.Range(0, AddedTokens).Select(i => "ab " + Added(i)));
        Directory.Delete(many.Path, recursive: true);
        return string.Create(CultureInfo.InvariantCulture, $"{load:0.00} + {Seconds(tokenizer, text):0.000}");
    }

    private static string Added(int i) => string.Create(CultureInfo.InvariantCulture, $"<{i}>");

    private static string Letters(int size)
    {
        var random = new Random(5);
        return string.Create(size, random, (span, source) =>
        {
            foreach (ref char c in span)
            {
                c = (char)('a' + source.Next(26));
            }
        });
    }
}
