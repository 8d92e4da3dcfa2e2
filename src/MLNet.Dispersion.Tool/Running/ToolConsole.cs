namespace MLNet.Dispersion.Tool;

/// <summary>Where a command writes: results to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="In">Standard input.</param>
/// <param name="IsLive">Whether somebody looks at <see cref="Error"/>: progress then stays on one line.</param>
internal sealed record ToolConsole(TextWriter Out, TextWriter Error, TextReader In, bool IsLive)
{
    /// <summary>The console of this process.</summary>
    public static ToolConsole OfProcess() => new(Console.Out, Console.Error, Console.In, !Console.IsErrorRedirected);
}
