using System.Globalization;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Counts the texts that one pass over the data cut off, and says so once.</summary>
internal sealed class TruncationWarning(IHost host, string textColumns, string done)
{
    private long _truncated;
    private bool _reported;

    internal void Count(int truncated) => _truncated += truncated;

    /// <summary>Sends the warning, if there is cause and it was not sent before.</summary>
    internal void Report()
    {
        if (_reported || _truncated == 0)
        {
            return;
        }

        _reported = true;
        using IChannel channel = host.Start("Scoring");
        channel.Warning(
            MessageSensitivity.None,
            string.Create(CultureInfo.InvariantCulture, $"{_truncated} text(s) of {textColumns} had more tokens than are looked at and were {done} by their beginning alone."));
    }
}
