using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.RealModel;

var model = new Option<string>("--model") { Description = "A GGUF file, or a directory in Hugging Face's format.", Required = true };
var golden = new Option<string?>("--golden") { Description = "The reference library's figures of the model; without it likelihoods and perplexities are left out." };
var texts = new Option<string>("--texts") { Description = "A file of one text a line for the diagnosis; lines of fewer than 64 characters are left out.", Required = true };
var count = new Option<int>("--count") { Description = "Texts that are diagnosed.", DefaultValueFactory = _ => 16 };
var rounds = new Option<int>("--rounds") { Description = "Rounds of what is timed; medians are printed.", DefaultValueFactory = _ => 3 };
var peak = new Option<string?>("--peak") { Description = "Used by the command itself: diagnoses in this process, whole or layers, and prints seconds and the peak of memory.", Hidden = true };
var root = new RootCommand("What is measured of a real model: agreement with the reference, speeds as ratios, geometry, and the memory of a diagnosis layer by layer.") { model, golden, texts, count, rounds, peak };
root.SetAction(arguments =>
{
    string path = arguments.GetRequiredValue(model), lines = arguments.GetRequiredValue(texts);
    ModelSource source = Directory.Exists(path) ? ModelSource.FromDirectory(path) : ModelSource.FromGguf(path);
    var options = new CondensationReportOptions { MaxTexts = arguments.GetValue(count), MinTokens = 16, MaxTokens = 128 };
    IEnumerable<string> sample = File.ReadLines(lines).Where(line => line.Length >= 64);
    if (arguments.GetValue(peak) is { } kind)
    {
        options.LayerByLayer = kind == "layers";
        var watch = Stopwatch.StartNew();
        CondensationReport.Measure(source, sample, options);
        Print($"{watch.Elapsed.TotalSeconds:0.000} {Process.GetCurrentProcess().PeakWorkingSet64}");
        return;
    }

    using (var loaded = PretrainedLanguageModel.Load(source))
    {
        if (arguments.GetValue(golden) is { } folder)
        {
            var figures = new Golden(folder);
            var (tokens, token, loss) = figures.Likelihoods(loaded);
            Print($"log-likelihoods of {tokens} tokens: off by {token:0.0e+0} at most; losses by {loss:0.0e+0}");
            foreach (var (name, found, expected) in figures.Perplexities(loaded))
            {
                Print($"perplexity {name}: {found:0.0000} (reference {expected:0.0000})");
            }
        }

        Speeds.Print(loaded, arguments.GetValue(rounds));
        Console.WriteLine(CondensationReport.Measure(loaded, sample, options).ToMarkdown());
    }

    (double Seconds, double Bytes)[] whole = [.. Enumerable.Range(0, arguments.GetValue(rounds)).Select(_ => Apart("whole"))];
    (double Seconds, double Bytes)[] layers = [.. Enumerable.Range(0, arguments.GetValue(rounds)).Select(_ => Apart("layers"))];
    Print($"diagnosis of {arguments.GetValue(count)} texts in a process of its own, loading included: whole {Median(whole.Select(run => run.Bytes)) / 1e6:0} MB at the peak, layer by layer {Median(layers.Select(run => run.Bytes)) / 1e6:0} MB; layer by layer takes {Median(layers.Select(run => run.Seconds)) / Median(whole.Select(run => run.Seconds)):0.00} times as long");

    (double Seconds, double Bytes) Apart(string kind)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "--model", path, "--texts", lines, "--count", $"{arguments.GetValue(count)}", "--peak", kind]) { RedirectStandardOutput = true };
        if (!Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.RemoveAt(0);
        }

        using Process process = Process.Start(start)!;
        string[] figures = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        process.WaitForExit();
        return process.ExitCode == 0 && figures is [var seconds, var bytes]
            ? (double.Parse(seconds, CultureInfo.InvariantCulture), double.Parse(bytes, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"The diagnosis '{kind}' failed.");
    }
});
return root.Parse(args).Invoke();

static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : double.NaN;

static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
