using System.Net;
using System.Text.Json;

namespace MLNet.Dispersion.Tool.Tests;

public sealed class ServeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_tuned_model_is_served_until_it_is_interrupted()
    {
        string zip = _folder.File("m.zip");
        CommandRun.Done("finetune", _folder.Tickets(rows: 24), "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "-o", zip, "--max-steps", "1");
        using var interruption = new CancellationTokenSource();
        using var written = new StringWriter();
        TextWriter output = TextWriter.Synchronized(written), error = TextWriter.Synchronized(new StringWriter());
        Task<int> server = Task.Run(() => CommandLine.Run(["serve", zip, "--port", "0", "--json"], new ToolConsole(output, error, TextReader.Null, IsLive: false), interruption.Token));
        for (int i = 0; i < 600 && !written.ToString().Contains('}', StringComparison.Ordinal) && !server.IsCompleted; i++)
        {
            await Task.Delay(100);
        }

        Assert.False(server.IsCompleted, error.ToString());
        using var client = new HttpClient { BaseAddress = new Uri(JsonDocument.Parse(written.ToString()).RootElement.GetProperty("url").GetString()!) };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
        await interruption.CancelAsync();
        Assert.Equal(0, await server.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Other_addresses_than_this_machines_need_keys()
    {
        CommandRun run = CommandRun.Of("serve", CommandRun.Tiny, "--address", "0.0.0.0");

        Assert.Equal(1, run.ExitCode);
    }
}
