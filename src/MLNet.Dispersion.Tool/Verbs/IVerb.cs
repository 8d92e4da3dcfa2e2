using System.CommandLine;

namespace MLNet.Dispersion.Tool;

/// <summary>One verb of the command line.</summary>
internal interface IVerb
{
    /// <summary>Its name, arguments and options.</summary>
    Command Describe();

    /// <summary>Does it; what goes wrong is thrown.</summary>
    void Run(CommandContext context);
}
