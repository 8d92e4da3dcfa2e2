using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.TrainingThroughput;
using MLNet.Dispersion.Training;

var shapes = new Option<string[]>("--shapes") { Description = "S, tiny, G, G512, qwen3.", DefaultValueFactory = _ => ["S"], AllowMultipleArgumentsPerToken = true };
var precisions = new Option<Precision[]>("--precisions") { Description = "Float32, BFloat16Mixed.", DefaultValueFactory = _ => [Precision.Float32, Precision.BFloat16Mixed], AllowMultipleArgumentsPerToken = true };
var steps = new Option<int>("--steps") { Description = "Steps of each training, two more are thrown away.", DefaultValueFactory = _ => 8 };
var rounds = new Option<int>("--rounds") { Description = "Trainings with and without dispersion, in turn.", DefaultValueFactory = _ => 3 };
var root = new RootCommand("Throughput of whole training steps, one line of JSON for each shape and precision.") { shapes, precisions, steps, rounds };
root.SetAction(arguments =>
{
    using PretrainedLanguageModel tiny = PretrainedLanguageModel.Load(Backbone.TinyEnglish);
    foreach (string name in arguments.GetValue(shapes)!)
    {
        Shape shape = Shape.All.FirstOrDefault(candidate => candidate.Name == name)
            ?? throw new ArgumentException($"There is no shape '{name}'; there are {string.Join(", ", Shape.All.Select(candidate => candidate.Name))}.");
        foreach (Precision precision in arguments.GetValue(precisions)!)
        {
            Console.WriteLine(Measurement.Of(shape, tiny.Tokenizer, precision, arguments.GetValue(steps), arguments.GetValue(rounds)));
        }
    }
});
return root.Parse(args).Invoke();
