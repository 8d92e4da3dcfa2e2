using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.WritingThroughput;

var modelPath = new Option<string?>("--model") { Description = "A GGUF file or a checkpoint directory of a causal language model." };
var rounds = new Option<int>("--rounds") { Description = "Rounds, in each of which every way writes once; medians are printed.", DefaultValueFactory = _ => 5 };
var tokens = new Option<int>("--tokens") { Description = "Tokens written behind each prompt.", DefaultValueFactory = _ => 64 };
var prompt = new Option<int>("--prompt") { Description = "Tokens of a prompt, whose reading is not timed.", DefaultValueFactory = _ => 32 };
var reading = new Option<int>("--reading") { Description = "Tokens of a prompt whose reading alone is timed.", DefaultValueFactory = _ => 512 };
var counts = new Option<int[]>("--prompts") { Description = "Prompts side by side.", DefaultValueFactory = _ => [1, 8], AllowMultipleArgumentsPerToken = true };
var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
var memory = new Option<string?>("--memory") { Description = "Only prints the memory that the process takes for the model and a text: kept (in the file's blocks) or unpacked." };
var peer = new Option<string?>("--peer") { Description = "Only answers with llama.cpp from this GGUF file; for the process that compares.", Hidden = true };
var root = new RootCommand("Tokens a second of writing: torch, the library's own decoder, and llama.cpp (LLamaSharp) in a process of its own, one line of JSON for each.") { modelPath, rounds, tokens, prompt, reading, counts, threads, memory, peer };
root.SetAction(arguments =>
{
    if (arguments.GetValue(peer) is { } file)
    {
        LlamaWriter.Serve(file, arguments.GetValue(threads));
        return;
    }

    string path = arguments.GetValue(modelPath) ?? throw new ArgumentException("--model is missing.");
    if (arguments.GetValue(memory) is { } how)
    {
        MeasureMemory(path, isKept: how == "kept");
        return;
    }

    string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-writing-").FullName;
    try
    {
        TorchSharp.torch.set_num_threads(arguments.GetValue(threads));
        using var model = PretrainedLanguageModel.Load(File.Exists(path) ? ModelSource.FromGguf(path) : ModelSource.FromDirectory(path));
        var ways = new List<(string Name, IWriter Writer)> { ("torch, Float32", new OwnWriter(model, GenerationEngine.Torch, null)) };
        ways.AddRange(Enum.GetValues<GenerationPrecision>().Select(precision => ($"own decoder, {precision}", (IWriter)new OwnWriter(model, GenerationEngine.Managed, precision))));
        string Copy(GgufWeightType type)
        {
            string copy = Path.Combine(folder, $"{type}.gguf");
            model.SaveGguf(copy, new GgufSaveOptions { Type = type });
            return copy;
        }

        List<(string Name, string File)> files = [.. new[] { GgufWeightType.F32, GgufWeightType.F16, GgufWeightType.Q8_0 }.Select(type => ($"{type}", Copy(type)))];
        if (model.Backbone.QuantizedTypes.Count > 0)
        {
            files.Add((string.Join("+", model.Backbone.QuantizedTypes), path));
        }

        ways.AddRange(files.Select(file => ($"llama.cpp, {file.Name}", (IWriter)new LlamaWriter(file.File, arguments.GetValue(threads)))));
        PretrainedLanguageModel[] kept = [.. files.Skip(2).Select(file => PretrainedLanguageModel.Load(ModelSource.FromGguf(file.File), new ModelLoadOptions { KeepQuantized = true }))];
        ways.AddRange(kept.Zip(files.Skip(2), (own, file) => ($"own decoder, blocks of {file.Name}", (IWriter)new OwnWriter(own, GenerationEngine.Managed, null))));

        MeasureReading(model, ways, arguments.GetValue(reading), arguments.GetValue(rounds), arguments.GetValue(threads));
        foreach (int count in arguments.GetValue(counts)!)
        {
            Measure(model, ways, count, arguments.GetValue(prompt), arguments.GetValue(tokens), arguments.GetValue(rounds), arguments.GetValue(threads));
        }

        ways.ForEach(way => way.Writer.Dispose());
        Array.ForEach(kept, own => own.Dispose());
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
});
return root.Parse(args).Invoke();

static void MeasureMemory(string path, bool isKept)
{
    TorchRuntime.EnsureLoaded();
    long before = Environment.WorkingSet;
    using var model = PretrainedLanguageModel.Load(ModelSource.FromGguf(path), new ModelLoadOptions { KeepQuantized = isKept });
    long loaded = Environment.WorkingSet;
    model.Generate(["The capital of France is"], new TextGenerationOptions { MaxNewTokens = 16 });
    using var process = System.Diagnostics.Process.GetCurrentProcess();
    double Megabytes(long bytes) => Math.Round((bytes - before) / 1e6);
    Console.WriteLine(JsonSerializer.Serialize(
        new { model = model.Name, memory = isKept ? "kept" : "unpacked", fileMegabytes = Math.Round(new FileInfo(path).Length / 1e6), loaded = Megabytes(loaded), written = Megabytes(Environment.WorkingSet), peak = Megabytes(process.PeakWorkingSet64) },
        JsonSerializerOptions.Web));
}

static void Measure(PretrainedLanguageModel model, List<(string Name, IWriter Writer)> ways, int count, int promptTokens, int newTokens, int rounds, int threads)
{
    int[] prompt = Prompt(promptTokens);
    double[][] speeds = Speeds(ways, rounds, writer => writer.TokensPerSecond(prompt, count, newTokens));
    string load = Load();
    foreach (var (i, way) in ways.Index())
    {
        double[] ordered = [.. speeds[i].Order()];
        Console.WriteLine(JsonSerializer.Serialize(
            new { model = model.Name, way = way.Name, prompts = count, promptTokens, newTokens, threads, rounds, tokensPerSecond = Math.Round(ordered[rounds / 2], 1), least = Math.Round(ordered[0], 1), most = Math.Round(ordered[^1], 1), load },
            JsonSerializerOptions.Web));
    }
}

static void MeasureReading(PretrainedLanguageModel model, List<(string Name, IWriter Writer)> ways, int promptTokens, int rounds, int threads)
{
    int[] prompt = Prompt(promptTokens);
    double[][] speeds = Speeds(ways, rounds, writer => writer.ReadTokensPerSecond(prompt));
    string load = Load();

    // The products with the matrices of the blocks, two operations a weight; attention and the head of one token are left out.
    double operations = 2.0 * model.Backbone.named_parameters().Where(pair => pair.parameter.dim() == 2 && !pair.name.Contains("embed", StringComparison.Ordinal) && !pair.name.Contains("lm_head", StringComparison.Ordinal)).Sum(pair => pair.parameter.numel());
    (double single, double half) = (MatrixPeak.Measure(TorchSharp.torch.ScalarType.Float32), MatrixPeak.Measure(TorchSharp.torch.ScalarType.BFloat16));
    foreach (var (i, way) in ways.Index())
    {
        double[] ordered = [.. speeds[i].Order()];
        double rate = operations * ordered[rounds / 2];
        Console.WriteLine(JsonSerializer.Serialize(
            new { model = model.Name, way = way.Name, promptTokens, threads, rounds, readTokensPerSecond = Math.Round(ordered[rounds / 2], 1), least = Math.Round(ordered[0], 1), most = Math.Round(ordered[^1], 1), shareOfFloat32Peak = Math.Round(rate / single, 3), shareOfBFloat16Peak = Math.Round(rate / half, 3), load },
            JsonSerializerOptions.Web));
    }
}

static int[] Prompt(int tokens) => [.. Enumerable.Range(0, tokens).Select(i => 1000 + (i * 37 % 5000))];

static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

static double[][] Speeds(List<(string Name, IWriter Writer)> ways, int rounds, Func<IWriter, double> measure)
{
    double[][] speeds = [.. ways.Select(_ => new double[rounds])];

    // The first time warms up and is not counted.
    for (int round = -1; round < rounds; round++)
    {
        foreach (var (i, way) in ways.Index())
        {
            double speed = measure(way.Writer);
            if (round >= 0)
            {
                speeds[i][round] = speed;
            }
        }
    }

    return speeds;
}
