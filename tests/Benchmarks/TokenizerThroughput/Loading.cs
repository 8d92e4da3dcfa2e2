using System.Diagnostics;
using System.Globalization;
using Tokenizers.DotNet;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>Seconds to load and answer once, ours and the peer's in turn, in this process and as the first thing that a process does; and bytes of memory a piece.</summary>
internal static class Loading
{
    private const string Text = "Hello, world!";

    /// <summary>Prints one line a kind.</summary>
    /// <param name="folders">The kinds.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="packaged">The program whose first loading is ours; null for this one, whose assemblies hold no code of the processor.</param>
    public static void Run(IEnumerable<Folder> folders, int rounds, string? packaged)
    {
        string here = Environment.ProcessPath!;
        Console.WriteLine($"loading, medians of {rounds} rounds in turn, ms");
        Console.WriteLine($"{"",-34}{"pieces",8}{"ours",8}{"peer",8}{"ours/peer",11}{"first",8}{"packaged",10}{"peer",8}{"ours/peer",11}{"bytes/piece",13}");
        foreach (Folder folder in folders)
        {
            int pieces = folder.Load().VocabularySize;
            double[][] warm = Rounds(rounds, () => Ours(folder), () => Peer(folder));
            double[][] first = Rounds(rounds, () => InFreshProcess(here, folder, "ours"), () => InFreshProcess(packaged ?? here, folder, "ours"), () => InFreshProcess(here, folder, "peer"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{folder.Name,-34}{pieces,8}{Median(warm, 0),8:0}{Median(warm, 1),8:0}{Median(warm, 0) / Median(warm, 1),11:0.00}{Median(first, 0),8:0}{Median(first, 1),10:0}{Median(first, 2),8:0}{Median(first, 1) / Median(first, 2),11:0.00}{BytesOf(folder) / pieces,13:0}"));
        }
    }

    /// <summary>Milliseconds of one loading, ours.</summary>
    public static double Ours(Folder folder)
    {
        var watch = Stopwatch.StartNew();
        folder.Load().Encode(Text);
        return watch.Elapsed.TotalMilliseconds;
    }

    /// <summary>Milliseconds of one loading, the peer's.</summary>
    public static double Peer(Folder folder)
    {
        var watch = Stopwatch.StartNew();
        using var peer = new Tokenizer(folder.File);
        peer.Encode(Text);
        return watch.Elapsed.TotalMilliseconds;
    }

    private static double[][] Rounds(int rounds, params Func<double>[] measured) => [.. Enumerable.Range(0, rounds).Select(_ => measured.Select(one => one()).ToArray())];

    private static double Median(double[][] rows, int column) => rows.Select(row => row[column]).Order().ElementAt(rows.Length / 2);

    private static double InFreshProcess(string program, Folder folder, string whose)
    {
        using Process child = Process.Start(new ProcessStartInfo(program, ["load", whose, folder.Path]) { RedirectStandardOutput = true })!;
        string line = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return double.Parse(line, CultureInfo.InvariantCulture);
    }

    private static double BytesOf(Folder folder)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        PipelineTokenizer tokenizer = folder.Load();
        tokenizer.Decode(tokenizer.Encode(Text).Ids);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(tokenizer);
        return after - before;
    }
}
