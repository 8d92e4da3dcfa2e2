using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.ScoringThroughput;

var models = new Option<string[]>("--models") { Description = "tiny and sentences (the embedded backbones), S (6 layers of 384 features, random weights), or a checkpoint's directory.", DefaultValueFactory = _ => ["tiny", "S"], AllowMultipleArgumentsPerToken = true };
var precisions = new Option<Precision[]>("--precisions") { Description = "Of scoring: Float32, BFloat16Mixed, Auto.", DefaultValueFactory = _ => [Precision.Float32, Precision.BFloat16Mixed], AllowMultipleArgumentsPerToken = true };
var rows = new Option<int>("--rows") { Description = "Texts of bulk scoring; 0 leaves it out.", DefaultValueFactory = _ => 224 };
var rounds = new Option<int>("--rounds") { Description = "Rounds of bulk scoring; medians are printed. 0 leaves it out.", DefaultValueFactory = _ => 3 };
var predictions = new Option<int>("--predictions") { Description = "Rounds of single rows; 0 leaves them out.", DefaultValueFactory = _ => 60 };
var memory = new Option<int>("--memory") { Description = "Predictions over which memory is followed; 0 leaves it out.", DefaultValueFactory = _ => 600 };
var engines = new Option<int>("--engines") { Description = "Rounds of bulk scoring by torch and by ONNX Runtime, in turns; at least 2. 0 (default) leaves them out." };
var threads = new Option<int?>("--threads") { Description = "Threads. Default: torch's own." };
var root = new RootCommand("What scoring through ML.NET costs beside the bare forward passes, one line of JSON for each setting.") { models, precisions, rows, rounds, predictions, memory, engines, threads };
root.SetAction(arguments =>
{
    // Training would change how this process's memory is handed out; a process that only serves a model has not trained.
    AppContext.SetSwitch("MLNet.Dispersion.KeepFreedMemory", false);
    var json = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    void Print<T>(T line) => Console.WriteLine(JsonSerializer.Serialize(line, json));
    if (arguments.GetValue(threads) is { } count)
    {
        TorchSharp.torch.set_num_threads(count);
    }

    foreach (string name in arguments.GetValue(models)!)
    {
        using Subject subject = Subject.Named(name);
        foreach (Precision precision in arguments.GetValue(precisions)!)
        {
            subject.Classifier.ScoringPrecision = precision;
            Measure(subject);
        }

        if (arguments.GetValue(engines) is > 0 and var turns)
        {
            subject.Classifier.ScoringPrecision = Precision.Float32;
            foreach (EngineMeasurement line in EngineMeasurement.Of(subject, arguments.GetValue(rows), turns))
            {
                Print(line);
            }
        }
    }

    void Measure(Subject subject)
    {
        if (arguments.GetValue(rows) is > 0 and var texts && arguments.GetValue(rounds) is > 0 and var passes)
        {
            Print(BulkMeasurement.Of(subject, texts, passes));
        }

        if (arguments.GetValue(predictions) is > 0 and var times)
        {
            foreach (int words in new[] { 6, 25, 100 })
            {
                Print(RowMeasurement.Of(subject, words, times));
            }
        }

        if (arguments.GetValue(memory) is > 0 and var followed)
        {
            Print(MemoryMeasurement.Of(subject, followed));
        }
    }
});
return root.Parse(args).Invoke();
