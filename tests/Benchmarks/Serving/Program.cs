using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.Serving;

var clients = new Option<int[]>("--clients") { Description = "Clients that ask at once, each again as soon as it has its answer.", DefaultValueFactory = _ => [2, 8, 32, 128], AllowMultipleArgumentsPerToken = true };
var seconds = new Option<double>("--seconds") { Description = "How long each measurement lasts.", DefaultValueFactory = _ => 10 };
var warmUp = new Option<double>("--warm-up") { Description = "Seconds before each measurement that are not counted.", DefaultValueFactory = _ => 2 };
var rows = new Option<int>("--batch-rows") { Description = "ServingOptions.MaxBatchRows of the batching server.", DefaultValueFactory = _ => 32 };
var delay = new Option<double>("--batch-delay") { Description = "ServingOptions.MaxBatchDelay in milliseconds.", DefaultValueFactory = _ => 2 };
var engines = new Option<int>("--engines") { Description = "ServingOptions.Engines.", DefaultValueFactory = _ => 2 };
var root = new RootCommand("What a classifier's server does under load on the loopback, beside a bare prediction engine: one line of JSON a measurement.") { clients, seconds, warmUp, rows, delay, engines };
root.SetAction(async (arguments, cancel) =>
{
    var json = new JsonSerializerOptions(JsonSerializerDefaults.Web);
    var measured = TimeSpan.FromSeconds(arguments.GetValue(seconds));
    var before = TimeSpan.FromSeconds(arguments.GetValue(warmUp));
    void Print(Measurement line) => Console.WriteLine(JsonSerializer.Serialize(line, json));

    using var subject = new Subject();
    Print(BareEngine.Measure(subject, before, measured));

    // What is measured first would pay for the code that the runtime compiles meanwhile.
    const string WarmingUp = "warming up";
    foreach ((string name, int batchRows, int queuedRows) in new[] { (WarmingUp, arguments.GetValue(rows), 1024), ("batching", arguments.GetValue(rows), 1024), ("no batching", 1, 1024), ("overload", arguments.GetValue(rows), 8) })
    {
        var options = new ServingOptions
        {
            ModelPath = subject.Path,
            Port = 0,
            Engines = arguments.GetValue(engines),
            MaxBatchRows = batchRows,
            MaxBatchDelay = TimeSpan.FromMilliseconds(arguments.GetValue(delay)),
            MaxQueuedRows = queuedRows,
            MaxRowsPerRequest = 1,
        };
        foreach (int count in arguments.GetValue(clients)!.Where(count => name != "overload" || count > queuedRows))
        {
            Measurement line = await LoadedServer.Measure(name, options, subject, count, before, measured, cancel);
            if (name != WarmingUp)
            {
                Print(line);
            }
        }
    }
});
return await root.Parse(args).InvokeAsync();
