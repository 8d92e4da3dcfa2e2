using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.WritingThroughput;

var modelPath = new Option<string?>("--model") { Description = "A GGUF file or a checkpoint directory of a causal language model." };
var rounds = new Option<int>("--rounds") { Description = "Rounds, in each of which every way writes once; medians are printed.", DefaultValueFactory = _ => 5 };
var tokens = new Option<int>("--tokens") { Description = "Tokens written behind each prompt.", DefaultValueFactory = _ => 64 };
var prompt = new Option<int>("--prompt") { Description = "Tokens of a prompt, whose reading is not timed.", DefaultValueFactory = _ => 32 };
var counts = new Option<int[]>("--prompts") { Description = "Prompts side by side.", DefaultValueFactory = _ => [1, 8], AllowMultipleArgumentsPerToken = true };
var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
var peer = new Option<string?>("--peer") { Description = "Only answers with llama.cpp from this GGUF file; for the process that compares.", Hidden = true };
var root = new RootCommand("Tokens a second of writing: torch, the library's own decoder, and llama.cpp (LLamaSharp) in a process of its own, one line of JSON for each.") { modelPath, rounds, tokens, prompt, counts, threads, peer };
root.SetAction(arguments =>
{
    if (arguments.GetValue(peer) is { } file)
    {
        LlamaWriter.Serve(file, arguments.GetValue(threads));
        return;
    }

    string path = arguments.GetValue(modelPath) ?? throw new ArgumentException("--model is missing.");
    string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-writing-").FullName;
    try
    {
        TorchSharp.torch.set_num_threads(arguments.GetValue(threads));
        using var model = PretrainedLanguageModel.Load(File.Exists(path) ? ModelSource.FromGguf(path) : ModelSource.FromDirectory(path));
        var ways = new List<(string Name, IWriter Writer)>
        {
            ("torch, Float32", new OwnWriter(model, GenerationEngine.Torch, null)),
            ("own decoder, Float32", new OwnWriter(model, GenerationEngine.Managed, GenerationPrecision.Float32)),
            ("own decoder, BFloat16", new OwnWriter(model, GenerationEngine.Managed, GenerationPrecision.BFloat16)),
        };
        foreach (GgufWeightType type in new[] { GgufWeightType.F32, GgufWeightType.F16 })
        {
            string copy = Path.Combine(folder, $"{type}.gguf");
            model.SaveGguf(copy, new GgufSaveOptions { Type = type });
            ways.Add(($"llama.cpp, {type}", new LlamaWriter(copy, arguments.GetValue(threads))));
        }

        foreach (int count in arguments.GetValue(counts)!)
        {
            Measure(model, ways, count, arguments.GetValue(prompt), arguments.GetValue(tokens), arguments.GetValue(rounds), arguments.GetValue(threads));
        }

        ways.ForEach(way => way.Writer.Dispose());
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
});
return root.Parse(args).Invoke();

static void Measure(PretrainedLanguageModel model, List<(string Name, IWriter Writer)> ways, int count, int promptTokens, int newTokens, int rounds, int threads)
{
    int[] prompt = [.. Enumerable.Range(0, promptTokens).Select(i => 1000 + (i * 37 % 5000))];
    double[][] speeds = [.. ways.Select(_ => new double[rounds])];

    // The first time warms up and is not counted.
    for (int round = -1; round < rounds; round++)
    {
        foreach (var (i, way) in ways.Index())
        {
            double speed = way.Writer.TokensPerSecond(prompt, count, newTokens);
            if (round >= 0)
            {
                speeds[i][round] = speed;
            }
        }
    }

    string load = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
    foreach (var (i, way) in ways.Index())
    {
        double[] ordered = [.. speeds[i].Order()];
        Console.WriteLine(JsonSerializer.Serialize(
            new { model = model.Name, way = way.Name, prompts = count, promptTokens, newTokens, threads, rounds, tokensPerSecond = Math.Round(ordered[rounds / 2], 1), least = Math.Round(ordered[0], 1), most = Math.Round(ordered[^1], 1), load },
            JsonSerializerOptions.Web));
    }
}
