using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion;

// Fits a model to made-up text of so many megabytes, more than memory may hold, and prints as JSON what it took:
// StreamedTraining <classes or blocks> <megabytes> [steps]
// The limit is the caller's: DOTNET_GCHeapHardLimit=0x8000000 for 128 MiB of managed memory, in which texts, tokens and plans lie.
string task = args[0];
long bytes = long.Parse(args[1], CultureInfo.InvariantCulture) * 1_000_000;
var ml = new MLContext(seed: 1);
var training = new FineTuneOptions
{
    Epochs = FineTuneOptions.NoEpochLimit,
    MaxSteps = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 4,
    MicroBatchSize = 4,
    MaxSequenceLength = 128,
    ValidationRows = 64,
    Device = "cpu",
    Seed = 1,
    DataMemoryBytes = 8_000_000,
};
var source = new MadeUpText(bytes);
IDataView data = ml.Data.LoadFromEnumerable(source.Rows());
using var memory = new MemoryWatch();
var clock = Stopwatch.StartNew();
IEstimator<ITransformer> estimator = task switch
{
    "classes" => ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: ModelSource.TinyEnglish, options: training),
    "blocks" => ml.Transforms.Text.FineTuneLanguageModelWithDispersion(backbone: ModelSource.TinyEnglish, training: training),
    _ => throw new ArgumentException($"The task '{task}' is none of: classes, blocks."),
};
ITransformer model = estimator.Fit(data);
(model as IDisposable)?.Dispose();
Console.WriteLine(JsonSerializer.Serialize(new
{
    task,
    textBytes = source.BytesMade,
    rows = source.RowsMade,
    readings = source.Readings,
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
    heapLimit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
    peakHeap = memory.PeakHeap,
    peakAnonymous = memory.PeakAnonymous,
}));

/// <summary>Rows of words, the same each time, none of which is kept.</summary>
internal sealed class MadeUpText(long bytes)
{
    private const int WordsPerRow = 100;

    internal long BytesMade { get; private set; }

    internal long RowsMade { get; private set; }

    internal int Readings { get; private set; }

    internal IEnumerable<TextRow> Rows()
    {
        Readings++;
        var random = new Random(7);
        string[] words = [.. Enumerable.Range(0, 2000).Select(_ => new string([.. Enumerable.Range(0, 2 + random.Next(8)).Select(_ => (char)('a' + random.Next(26)))]))];
        var row = new TextRow();
        for (long made = 0; made < bytes;)
        {
            row.Text = string.Join(' ', Enumerable.Range(0, WordsPerRow).Select(_ => words[random.Next(words.Length)]));
            row.Label = (uint)(1 + random.Next(3));
            made += row.Text.Length;
            BytesMade += row.Text.Length;
            RowsMade++;
            yield return row;
        }
    }
}

internal sealed class TextRow
{
    public string Text { get; set; } = "";

    [KeyType(3)]
    public uint Label { get; set; }
}

/// <summary>Looks at the process's memory ten times a second: that of the managed heap, and all that is not of files.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    internal MemoryWatch() => _watching = Task.Run(Watch);

    internal long PeakHeap { get; private set; }

    internal long PeakAnonymous { get; private set; }

    public void Dispose()
    {
        _end.Cancel();
        _watching.Wait();
        _end.Dispose();
    }

    private void Watch()
    {
        do
        {
            PeakHeap = Math.Max(PeakHeap, GC.GetGCMemoryInfo().TotalCommittedBytes);
            PeakAnonymous = Math.Max(PeakAnonymous, Anonymous());
        }
        while (!_end.Token.WaitHandle.WaitOne(100));
    }

    private static long Anonymous()
    {
        const string Name = "RssAnon:";
        return File.Exists("/proc/self/status") && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal)) is { } line
            ? long.Parse(line.AsSpan(Name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024
            : 0;
    }
}
