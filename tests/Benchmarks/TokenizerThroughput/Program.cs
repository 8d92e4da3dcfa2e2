using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion.Benchmarks.TokenizerThroughput;

if (args is ["load", var whose, var path])
{
    Console.WriteLine((whose == "ours" ? Loading.Ours(new Folder("", path)) : Loading.Peer(new Folder("", path))).ToString(System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

var texts = new Option<string>("--texts") { Description = "A text file, or a .jsonl.gz with a field text in each line.", DefaultValueFactory = _ => "examples/Diagnose/passages.txt" };
var megabytes = new Option<double>("--megabytes") { Description = "How much text.", DefaultValueFactory = _ => 5.6 };
var rounds = new Option<int>("--rounds") { Description = "Rounds; medians are printed.", DefaultValueFactory = _ => 5 };
var only = new Option<string[]>("--only") { Description = "Kinds, by the beginning of their names. Default: all.", AllowMultipleArgumentsPerToken = true };
var models = new Option<string?>("--models") { Description = "A folder of folders with a tokenizer.json each, instead of our own kinds." };
var parts = new Option<string[]>("--parts") { Description = "speed, loading, threads, worst. Default: all.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["speed", "loading", "threads", "worst"] };
var packages = new Option<string?>("--packages") { Description = "A folder of packages (dotnet pack): the first loading of a process is measured with their assemblies, too." };
var root = new RootCommand("Tokenizers of every kind beside Tokenizers.DotNet (Hugging Face's library): encoding, loading, memory, threads, worst cases.") { texts, megabytes, rounds, only, models, parts, packages };
root.SetAction(arguments =>
{
    string folder = Path.Combine(Path.GetTempPath(), "tokenizer-throughput");
    string[] names = arguments.GetValue(only) ?? [];
    bool Wanted(string name) => names.Length == 0 || names.Any(n => name.StartsWith(n, StringComparison.Ordinal));
    Folder[] all = arguments.GetValue(models) is { } given
        ? [.. Directory.EnumerateDirectories(given).Where(path => File.Exists(Path.Combine(path, "tokenizer.json"))).Order(StringComparer.Ordinal).Select(path => new Folder(Path.GetFileName(path), path))]
        : [.. Kinds.All.Select(kind => new Folder(kind.Key, Path.Combine(folder, kind.Key)))];
    all = [.. all.Where(f => Wanted(f.Name))];
    foreach (Folder f in all.Where(f => !File.Exists(f.File)))
    {
        Directory.CreateDirectory(f.Path);
        File.WriteAllBytes(f.File, JsonSerializer.SerializeToUtf8Bytes(Kinds.All[f.Name]()));
    }

    string[] chosen = arguments.GetValue(parts)!;
    string[] sample = Texts.Read(arguments.GetValue(texts)!, (int)(arguments.GetValue(megabytes) * 1e6));
    if (chosen.Contains("speed"))
    {
        Throughput.Run(all, sample, arguments.GetValue(rounds));
    }

    if (chosen.Contains("loading"))
    {
        string? packaged = arguments.GetValue(packages) is { } place ? PackagedProgram.Make(place, Path.Combine(folder, "packaged")) : null;
        Loading.Run(all, arguments.GetValue(rounds), packaged);
    }

    if (chosen.Contains("threads"))
    {
        Threads.Run(all, sample, arguments.GetValue(rounds));
    }

    if (chosen.Contains("worst"))
    {
        Worst.Run(all);
    }

    return 0;
});
return root.Parse(args).Invoke();
