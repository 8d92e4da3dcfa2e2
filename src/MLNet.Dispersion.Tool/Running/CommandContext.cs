using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>What one run of a command has at hand: its arguments, where it writes, and whether it is to stop.</summary>
internal sealed class CommandContext(ParseResult arguments, ToolConsole console, CancellationToken cancellation)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Fires when the user wants the command to stop.</summary>
    public CancellationToken Cancellation => cancellation;

    public ToolConsole Console => console;

    /// <summary>Whether the result is one JSON document.</summary>
    public bool IsJson => arguments.GetValue(CommonOptions.Json);

    public bool IsVerbose => arguments.GetValue(CommonOptions.Verbose);

    public bool IsQuiet => arguments.GetValue(CommonOptions.Quiet);

    /// <summary>The name of the command.</summary>
    public string Name => arguments.CommandResult.Command.Name;

    /// <summary>What an interruption leaves behind, and how to go on; null where there is nothing to say.</summary>
    public Func<string>? AfterInterruption { get; set; }

    public T? Get<T>(Option<T> option) => arguments.GetValue(option);

    public T Get<T>(Argument<T> argument) => arguments.GetValue(argument)!;

    /// <summary>A context of ML.NET whose messages go to standard error: warnings always, the rest with <c>--verbose</c>.</summary>
    public MLContext NewContext(int seed)
    {
        var ml = new MLContext(seed);
        ml.Log += (_, told) =>
        {
            if (told.Source.Contains("Dispersion", StringComparison.Ordinal) && (IsVerbose || told.Kind >= Microsoft.ML.Runtime.ChannelMessageKind.Warning))
            {
                Tell(told.RawMessage);
            }
        };
        return ml;
    }

    /// <summary>Says something beside the result.</summary>
    public void Tell(string message)
    {
        if (!IsQuiet)
        {
            console.Error.WriteLine(message);
        }
    }

    /// <summary>Progress on standard error.</summary>
    public ProgressLine Progress() => new(IsQuiet ? TextWriter.Null : console.Error, console.IsLive);

    /// <summary>Writes the result: the document with <c>--json</c>, else the text.</summary>
    public void Write(Func<JsonObject> json, Func<string> text)
    {
        if (IsJson)
        {
            WriteJson(json());
        }
        else
        {
            console.Out.WriteLine(text().TrimEnd());
        }
    }

    /// <summary>Writes a document that names the command first.</summary>
    public void WriteJson(JsonObject document)
    {
        document.Insert(0, "command", Name);
        console.Out.WriteLine(document.ToJsonString(Indented));
    }
}
