using System.Diagnostics;

namespace MLNet.Dispersion.Benchmarks.All;

/// <summary>A benchmark that prints lines of JSON, and which of their numbers are looked at.</summary>
/// <param name="Name">The name of its project.</param>
/// <param name="Arguments">What it is started with.</param>
/// <param name="Higher">Numbers that are better the higher they are.</param>
/// <param name="Lower">Numbers that are better the lower they are.</param>
internal sealed record Benchmark(string Name, string[] Arguments, string[] Higher, string[] Lower)
{
    private const string Model = "MODEL";

    /// <summary>All of them, the quick ones first.</summary>
    public static IReadOnlyList<Benchmark> All { get; } =
    [
        new("TokenizerThroughput", ["--parts", "speed", "--rounds", "3", "--megabytes", "2"], ["megabytesPerSecond"], []),
        new("GeometryOverhead", ["--texts", "10"], [], ["timesForward"]),
        new("ScoringThroughput", ["--models", "tiny", "--precisions", "Float32"], ["tokensPerSecond", "shareOfForward"], ["timesForward", "predictMilliseconds", "managedBytesPerPrediction"]),
        new("OnnxThroughput", ["--rounds", "4", "--texts", "8", "--lines", "examples/ToOllama/notes.txt"], ["tokensPerProcessorSecond"], []),
        new("Serving", ["--clients", "8", "32", "--seconds", "5"], ["perSecond"], ["p99Milliseconds"]),
        new("TrainingThroughput", ["--shapes", "S", "--routes", "Stock", "Float32"], ["tokensPerSecond", "timesStock", "fractionOfPeak"], ["dispersionShare", "peakMegabytes"]),
        new("WritingThroughput", ["--model", Model, "--rounds", "3"], ["tokensPerSecond"], []),
    ];

    public bool NeedsModel => Arguments.Contains(Model);

    /// <summary>Runs it once.</summary>
    /// <returns>The lines that it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public string[] Run(string? model)
    {
        string[] own = [.. Arguments.Select(argument => argument == Model ? model! : argument)];
        Console.Error.WriteLine($"{Name} {string.Join(' ', own)}");
        var start = new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--project", $"tests/Benchmarks/{Name}", "--", .. own]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Split('\n', StringSplitOptions.TrimEntries) : throw new InvalidOperationException($"{Name} ended with {process.ExitCode}.");
    }
}
