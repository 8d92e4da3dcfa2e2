using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tool;

/// <summary>The command line: its verbs, and how one is run.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="console">Where it writes.</param>
    /// <param name="cancellation">Fires when it is to stop.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> args, ToolConsole console, CancellationToken cancellation = default)
    {
        // Numbers are read and written in the same way everywhere: 0.1 is not 1 on a German machine.
        (CultureInfo culture, CultureInfo words) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        try
        {
            ParseResult parsed = Root(console, cancellation).Parse(args);
            if (parsed.Action is ParseErrorAction)
            {
                foreach (string problem in parsed.Errors.Select(error => error.Message).Distinct())
                {
                    console.Error.WriteLine(problem);
                }

                string verb = parsed.CommandResult.Command is RootCommand ? "" : " " + parsed.CommandResult.Command.Name;
                console.Error.WriteLine($"What there is to say is under: mlnet-dispersion{verb} --help");
                return ExitCodes.WrongCommandLine;
            }

            return parsed.Invoke(new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, words);
        }
    }

    private static RootCommand Root(ToolConsole console, CancellationToken cancellation)
    {
        var root = new RootCommand(
            """
            Fine-tunes small language models with the dispersion loss, and shows what it does to them.

            Exit codes: 0 done, 1 failed, 2 wrong command line, 130 interrupted (the same command goes on where it can).
            """);
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.Verbose);
        root.Options.Add(CommonOptions.Quiet);
        IVerb[] verbs = [new DiagnoseVerb(), new FineTuneVerb(), new MidTrainVerb(), new EvaluateVerb(), new CompareVerb(), new GenerateVerb(), new ConvertVerb(), new ServeVerb()];
        foreach (IVerb verb in verbs)
        {
            Command command = verb.Describe();
            command.SetAction(parsed => Run(verb, new CommandContext(parsed, console, cancellation)));
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static int Run(IVerb verb, CommandContext context)
    {
        try
        {
            verb.Run(context);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            return Fail(context, "Interrupted." + (context.AfterInterruption is { } next ? " " + next() : ""), ExitCodes.Interrupted);
        }
        catch (Exception e)
        {
            string message = e is ToolException or ArgumentException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException or NotSupportedException
                    or TorchUnavailableException or ModelFileException or HubException
                ? MessageOf(e)
                : $"{e.GetType().Name}: {e.Message} This should not happen: run it again with --verbose, and report what it says.";
            int code = Fail(context, message, ExitCodes.Failed);
            if (context.IsVerbose)
            {
                context.Console.Error.WriteLine(e);
            }

            return code;
        }
    }

    // The innermost message of ours says what is wrong; .NET adds the parameter's name, which means nothing on a command line.
    private static string MessageOf(Exception exception)
    {
        Exception told = exception;
        while (told is not ToolException && told.InnerException is ModelFileException or HubException or TorchUnavailableException)
        {
            told = told.InnerException!;
        }

        return told is ArgumentException { ParamName: { } name } ? told.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : told.Message;
    }

    private static int Fail(CommandContext context, string message, int code)
    {
        context.Console.Error.WriteLine(message);
        if (context.IsJson)
        {
            context.WriteJson(new JsonObject { ["error"] = message, ["exitCode"] = code });
        }

        return code;
    }
}
