using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using MLNet.Dispersion;
using OpenTelemetry;

// Serves a model: dotnet run --project examples/Serve -c Release -- model.zip
var model = new Argument<string>("model") { Description = "A zip that ml.Model.Save wrote, a directory in Hugging Face's format, or a GGUF file.", DefaultValueFactory = _ => "model.zip" };
var address = new Option<string>("--address") { Description = "Where to listen; 0.0.0.0 for all addresses, which takes keys.", DefaultValueFactory = _ => "127.0.0.1" };
var port = new Option<int>("--port") { Description = "The port; 0 for a free one.", DefaultValueFactory = _ => 5080 };
var root = new RootCommand("Serves a model over HTTP. Keys stand in the variable SERVE_API_KEYS, with blanks between them: arguments can be read by everybody on a machine.") { model, address, port };
root.SetAction(async (arguments, _) =>
{
    var options = new ServingOptions
    {
        ModelPath = arguments.GetValue(model),
        Address = arguments.GetValue(address)!,
        Port = arguments.GetValue(port),
        ApiKeys = Environment.GetEnvironmentVariable("SERVE_API_KEYS")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
    };
    await using WebApplication server = DispersionServer.Create(options, builder =>
    {
        // Metrics and traces go to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names.
        if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is not null)
        {
            builder.Services.AddOpenTelemetry()
                .WithMetrics(metrics => metrics.AddMeter(ServingTelemetry.MeterName))
                .WithTracing(traces => traces.AddSource(ServingTelemetry.ActivitySourceName))
                .UseOtlpExporter();
        }
    });
    await server.RunAsync();
});

// The server itself ends at Ctrl+C, when what it accepted is finished.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
