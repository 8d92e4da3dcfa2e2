using System.CommandLine;

namespace MLNet.Dispersion.Tool;

/// <summary>The options that all verbs have.</summary>
internal static class CommonOptions
{
    /// <summary>Asks for the result as one JSON document.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Write the result as one JSON document on standard output, and nothing else there.", Recursive = true };

    /// <summary>Asks for more.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Say more on standard error; of an error, the stack trace.", Recursive = true };

    /// <summary>Asks for less.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet") { Description = "No progress and no hints on standard error; errors alone.", Recursive = true };
}
