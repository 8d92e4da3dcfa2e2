using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace MLNet.Dispersion.Tool;

/// <summary>Serves a model over HTTP.</summary>
internal sealed class ServeVerb : IVerb
{
    private readonly Argument<string> _model = new("model") { Description = "The model: a model.zip, a folder with config.json, or a .gguf file." };
    private readonly Option<string?> _name = Options.Text("--name", "What the model is called in answers. Default: the file's name.");
    private readonly Option<string?> _address = Options.Text("--address", "The address to listen on. Default 127.0.0.1: this machine alone.");
    private readonly Option<int?> _port = Options.Count("--port", "The port; 0 for a free one. Default 5080.");
    private readonly Option<string?> _keys = Options.Text("--api-keys", "A file of keys, one a line, one of which each request must bring.");
    private readonly Option<bool> _open = new("--allow-without-keys") { Description = "Listen on other addresses than this machine's without keys." };
    private readonly Option<int?> _engines = Options.Count("--engines", "How many requests are scored at the same time. Default 2.");
    private readonly Option<string?> _device = Options.Text("--device", "auto, cpu, cuda, cuda:1 or mps; of a model.zip auto alone. Default auto.");

    /// <inheritdoc/>
    public Command Describe() => new("serve", "Serves a model over HTTP until Ctrl+C: predictions, an interface like OpenAI's, live geometry.") { _model, _name, _address, _port, _keys, _open, _engines, _device };

    /// <inheritdoc/>
    public void Run(CommandContext context) => RunAsync(context).GetAwaiter().GetResult();

    private async Task RunAsync(CommandContext context)
    {
        WebApplication server = DispersionServer.Create(Read(context), builder => builder.Logging
            .ClearProviders()
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .SetMinimumLevel(context.IsVerbose ? LogLevel.Information : LogLevel.Warning));
        await using (server.ConfigureAwait(false))
        {
            await server.StartAsync(context.Cancellation).ConfigureAwait(false);
            string url = server.Urls.First();
            context.Write(() => new JsonObject { ["url"] = url }, () => $"Serving '{context.Get(_model)}' at {url}; Ctrl+C ends it.");
            await context.Console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);

            // To be ended is how a server ends well; what was accepted is finished first.
            await Task.Delay(Timeout.Infinite, context.Cancellation).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            await server.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private ServingOptions Read(CommandContext context)
    {
        var options = new ServingOptions { ModelPath = context.Get(_model), ModelName = context.Get(_name), AllowWithoutKeys = context.Get(_open) };
        options.Address = context.Get(_address) ?? options.Address;
        options.Port = context.Get(_port) ?? options.Port;
        options.Engines = context.Get(_engines) ?? options.Engines;
        options.Device = context.Get(_device) ?? options.Device;
        options.ApiKeys = context.Get(_keys) is { } file ? [.. TextFiles.Lines(file)] : [];
        options.Validate();
        return options;
    }
}
