using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion.Benchmarks.TrainingThroughput;

var shapes = new Option<string[]>("--shapes") { Description = "S, tiny, G, G512, qwen3.", DefaultValueFactory = _ => ["S", "G"], AllowMultipleArgumentsPerToken = true };
var routes = new Option<Route[]>("--routes") { Description = "Stock (plain TorchSharp, GPT-2 shapes only), Float32, BFloat16Mixed, Checkpointed (the last with activation checkpointing), LoraFloat32, LoraBFloat16Mixed (an adapter alone).", DefaultValueFactory = _ => [Route.Stock, Route.Float32, Route.BFloat16Mixed], AllowMultipleArgumentsPerToken = true };
var steps = new Option<int>("--steps") { Description = "Steps of each kind in a process; a few more are thrown away.", DefaultValueFactory = _ => 8 };
var rounds = new Option<int>("--rounds") { Description = "Processes of each route, in turn.", DefaultValueFactory = _ => 3 };
var root = new RootCommand("Throughput of whole training steps, one line of JSON for each shape and route.") { shapes, routes, steps, rounds };
root.SetAction(arguments =>
{
    foreach (Shape shape in arguments.GetValue(shapes)!.Select(Shape.Named))
    {
        Route[] measured = [.. arguments.GetValue(routes)!.Where(route => route != Route.Stock || shape.Gpt2Sizes is not null)];
        foreach (Measurement measurement in Measurement.Of(shape, measured, arguments.GetValue(steps), arguments.GetValue(rounds)))
        {
            Console.WriteLine(measurement);
        }
    }
});

var oneShape = new Option<string>("--shape") { Required = true };
var oneRoute = new Option<Route>("--route") { Required = true };
var sample = new Command("sample", "One measurement in this process, for the command itself.") { oneShape, oneRoute, steps };
sample.SetAction(arguments => Console.WriteLine(JsonSerializer.Serialize(
    Sample.Here(Shape.Named(arguments.GetValue(oneShape)!), arguments.GetValue(oneRoute), arguments.GetValue(steps)))));
root.Subcommands.Add(sample);
return root.Parse(args).Invoke();
