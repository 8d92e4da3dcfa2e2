using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tokenizers.DotNet;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>Megabytes of UTF-8 a second of one core, ours and the peer's in turn.</summary>
internal static class Throughput
{
    private static readonly TextEncodingOptions Plain = new();

    /// <summary>Prints one line a kind.</summary>
    public static void Run(IEnumerable<Folder> folders, string[] texts, int rounds)
    {
        double bytes = texts.Sum(text => (double)Encoding.UTF8.GetByteCount(text));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{texts.Length} passages, {bytes / 1e6:0.0} MB; medians of {rounds} rounds in turn, MB/s of one core"));
        Console.WriteLine($"{"",-34}{"ids",8}{"offsets",10}{"peer",8}{"ids/peer",10}   ids");
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
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder.Name,-34}{bytes / 1e6 / Median(0),8:0.0}{bytes / 1e6 / Median(1),10:0.0}{bytes / 1e6 / Median(2),8:0.0}{Median(2) / Median(0),10:0.00}   {equal}"));
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
