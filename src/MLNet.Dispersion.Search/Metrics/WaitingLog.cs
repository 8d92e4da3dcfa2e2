using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Tells ML.NET's log what a study waits for.</summary>
internal static class WaitingLog
{
    /// <summary>What writes to a context's log.</summary>
    internal static Action<string> Of(MLContext ml) => message =>
    {
        using IChannel channel = ((IHostEnvironment)ml).Register("Study").Start("Waiting");
        channel.Warning(MessageSensitivity.None, message);
    };
}
