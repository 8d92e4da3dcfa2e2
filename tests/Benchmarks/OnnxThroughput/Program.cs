using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.OnnxThroughput;
using static TorchSharp.torch;

var modelPath = new Option<string?>("--model") { Description = "A checkpoint directory or a GGUF file. Default: TinyEnglish." };
var lines = new Option<FileInfo>("--lines") { Description = "Texts, one a line, on which the loss of shorter weights is measured.", Required = true };
var rounds = new Option<int>("--rounds") { Description = "Rounds, in each of which every way runs once.", DefaultValueFactory = _ => 12 };
var batch = new Option<int>("--texts") { Description = "Texts of a batch.", DefaultValueFactory = _ => 32 };
var length = new Option<int>("--tokens") { Description = "Tokens of a text.", DefaultValueFactory = _ => 64 };
var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
var root = new RootCommand("How fast ONNX Runtime reads our files beside our own forward pass, and what float16 and int8 weights lose.") { modelPath, lines, rounds, batch, length, threads };
root.SetAction(arguments =>
{
    string? path = arguments.GetValue(modelPath);
    ModelSource source = path is null ? ModelSource.TinyEnglish : File.Exists(path) ? ModelSource.FromGguf(path) : ModelSource.FromDirectory(path);
    string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-onnx-").FullName;
    try
    {
        using var noGradient = no_grad();
        set_num_threads(arguments.GetValue(threads));
        using var model = PretrainedLanguageModel.Load(source);
        model.Backbone.eval();
        var ways = new List<(string Name, IReader Reader)> { ("here", new OwnReader(model)) };
        foreach (OnnxWeightType type in Enum.GetValues<OnnxWeightType>())
        {
            string file = Path.Combine(folder, $"{type}.onnx");
            model.SaveOnnx(file, new() { Type = type, Content = model.Backbone.IsCausal ? OnnxContent.NextTokens : OnnxContent.HiddenStates });
            ways.Add(($"ONNX Runtime, {type}, {new FileInfo(file).Length / 1e6:0.0} MB", new OnnxReader(file, arguments.GetValue(threads))));
        }

        var ids = new Tokens(arguments.GetValue(batch), arguments.GetValue(length), model.Backbone.Info.VocabularySize);
        double[][] speeds = [.. ways.Select(_ => new double[arguments.GetValue(rounds)])];
        ways.ForEach(way => way.Reader.Read(ids));
        for (int round = 0; round < arguments.GetValue(rounds); round++)
        {
            foreach (var (i, way) in ways.Index())
            {
                TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
                way.Reader.Read(ids);
                speeds[i][round] = ids.Count / (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
            }
        }

        foreach (var (i, way) in ways.Index())
        {
            Interval speed = MeanInterval.T(speeds[i]);
            Console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    model = model.Name,
                    way = way.Name,
                    texts = arguments.GetValue(batch),
                    tokens = arguments.GetValue(length),
                    threads = arguments.GetValue(threads),
                    tokensPerProcessorSecond = Math.Round(speed.Estimate),
                    lower = Math.Round(speed.Lower),
                    upper = Math.Round(speed.Upper),
                },
                JsonSerializerOptions.Web));
        }

        string[] texts = [.. File.ReadLines(arguments.GetValue(lines)!.FullName).Where(line => !string.IsNullOrWhiteSpace(line))];
        Console.WriteLine(Loss.Describe(model, texts, ways));
        ways.ForEach(way => way.Reader.Dispose());
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
});
return root.Parse(args).Invoke();
