using System.Text.Json;

namespace MLNet.Dispersion.Tool.Tests;

/// <summary>A command that was run in this process.</summary>
internal sealed record CommandRun(int ExitCode, string Out, string Error)
{
    /// <summary>The document on standard output.</summary>
    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Out);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The backbone that tests train.</summary>
    public static string Tiny => Dispersion.Tests.TinyBackbone.WholeDirectory;

    public static CommandRun Of(params string[] args) => With("", default, args);

    /// <summary>Runs it and sees to it that it is done.</summary>
    public static CommandRun Done(params string[] args)
    {
        CommandRun run = Of(args);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    public static CommandRun With(string input, CancellationToken cancellation, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = CommandLine.Run(args, new ToolConsole(output, error, new StringReader(input), IsLive: false), cancellation);
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
