namespace MLNet.Dispersion.Tool;

/// <summary>What the process says at its end; documented in <c>--help</c>.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongCommandLine = 2;
    public const int Interrupted = 130;
}
