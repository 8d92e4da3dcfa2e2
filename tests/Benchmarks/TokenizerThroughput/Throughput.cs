using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Tokenizers.DotNet;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>Megabytes of UTF-8 a second of one core, ours and the peer's in turn.</summary>
internal static class Throughput
{
    private static readonly TextEncodingOptions Plain = new();

    /// <summary>Prints one line of JSON a kind: medians of the rounds, in megabytes a second of one core.</summary>
    public static void Run(IEnumerable<Folder> folders, string[] texts, int rounds)
    {
        double bytes = texts.Sum(text => (double)Encoding.UTF8.GetByteCount(text));
        foreach (Folder folder in folders)
        {
            PipelineTokenizer ours = folder.Load();
            using var peer = new Tokenizer(folder.File);
            string equal = Differences(ours, peer, texts);
            double[][] seconds =
            [
                .. Enumerable.Range(0, rounds).Select(_ => new[]
                {
                    Seconds(texts, text => ours.Encode(text)),
                    Seconds(texts, text => ours.Tokenize(text, options: Plain)),
                    Seconds(texts, text => peer.Encode(text)),
                }),
            ];
            double Median(int column) => seconds.Select(row => row[column]).Order().ElementAt(rounds / 2);
            double Speed(int column) => Math.Round(bytes / 1e6 / Median(column), 2);
            Console.WriteLine(JsonSerializer.Serialize(
                new { kind = folder.Name, texts = texts.Length, rounds, megabytesPerSecond = Speed(0), withOffsets = Speed(1), peer = Speed(2), timesPeer = Math.Round(Median(2) / Median(0), 2), ids = equal },
                JsonSerializerOptions.Web));
        }
    }

    private static string Differences(PipelineTokenizer ours, Tokenizer peer, string[] texts)
    {
        int different = texts.Count(text => !ours.Encode(text).Ids.SequenceEqual(peer.Encode(text).Select(id => (int)id)));
        return different == 0 ? "equal" : $"{different} passages differ";
    }

    private static double Seconds(string[] texts, Action<string> use)
    {
        var watch = Stopwatch.StartNew();
        foreach (string text in texts)
        {
            use(text);
        }

        return watch.Elapsed.TotalSeconds;
    }
}
