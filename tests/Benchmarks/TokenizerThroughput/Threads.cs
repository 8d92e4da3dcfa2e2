using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>Several threads on one tokenizer: how much faster, and whether the ids stay the same.</summary>
internal static class Threads
{
    /// <summary>Prints one line a kind.</summary>
    public static void Run(IEnumerable<Folder> folders, string[] texts, int rounds)
    {
        double bytes = texts.Sum(text => (double)Encoding.UTF8.GetByteCount(text));
        int most = Environment.ProcessorCount;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"threads on one tokenizer, MB/s, medians of {rounds} rounds in turn"));
        Console.WriteLine($"{"",-34}{"1",8}{most,8}{"times",8}   ids");
        foreach (Folder folder in folders)
        {
            PipelineTokenizer tokenizer = folder.Load();
            PipelineTokenizer another = folder.Load();
            int[][] expected = [.. texts.Select(text => another.Encode(text).Ids)];
            bool equal = true;
            double Seconds(int threads)
            {
                var watch = Stopwatch.StartNew();
                Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
                {
                    if (!tokenizer.Encode(texts[i]).Ids.AsSpan().SequenceEqual(expected[i]))
                    {
                        equal = false;
                    }
                });
                return watch.Elapsed.TotalSeconds;
            }

            double[][] seconds = [.. Enumerable.Range(0, rounds).Select(_ => new[] { Seconds(1), Seconds(most) })];
            double Median(int column) => seconds.Select(row => row[column]).Order().ElementAt(rounds / 2);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder.Name,-34}{bytes / 1e6 / Median(0),8:0.0}{bytes / 1e6 / Median(1),8:0.0}{Median(0) / Median(1),8:0.00}   {(equal ? "equal" : "DIFFERENT")}"));
        }
    }
}
