using System.Globalization;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Writes lines to MLContext.Log, numbers in the invariant culture.</summary>
internal static class ChannelLog
{
    /// <summary>One line of information.</summary>
    internal static void Info(IChannel channel, FormattableString message) =>
        channel.Info(MessageSensitivity.None, message.ToString(CultureInfo.InvariantCulture));

    /// <summary>One warning.</summary>
    internal static void Warn(IChannel channel, FormattableString message) =>
        channel.Warning(MessageSensitivity.None, message.ToString(CultureInfo.InvariantCulture));
}
