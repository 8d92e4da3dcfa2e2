using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Tool;

/// <summary>The process: its console, its signals.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        // The first interruption asks the command to end by itself, with what it has kept; a second one ends the process.
        using var interruption = new CancellationTokenSource();
        using PosixSignalRegistration byKey = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration byOthers = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        return CommandLine.Run(args, ToolConsole.OfProcess(), interruption.Token);

        void Interrupt(PosixSignalContext signal)
        {
            signal.Cancel = !interruption.IsCancellationRequested;
            interruption.Cancel();
        }
    }
}
