using System.Globalization;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Writes how a fit went to MLContext.Log.</summary>
internal static class FitLog
{
    /// <summary>One line of information.</summary>
    internal static void Info(IChannel channel, FormattableString message) =>
        channel.Info(MessageSensitivity.None, message.ToString(CultureInfo.InvariantCulture));

    /// <summary>One warning.</summary>
    internal static void Warn(IChannel channel, FormattableString message) =>
        channel.Warning(MessageSensitivity.None, message.ToString(CultureInfo.InvariantCulture));

    /// <summary>The end of training: its warning, if there is one, and its figures.</summary>
    internal static void Result(IChannel channel, string backboneName, FineTuneResult result)
    {
        if (result.Warning is { } warning)
        {
            channel.Warning(MessageSensitivity.None, warning);
        }

        if (result.ResumedFromStep is { } from)
        {
            Info(channel, $"Training went on from the checkpoint of step {from}.");
        }

        string kept = result.BestEpoch is { } best ? string.Create(CultureInfo.InvariantCulture, $"; kept the weights of epoch {best}, validation loss {result.BestValidationLoss:0.0000}") : "";
        Info(channel, $"Fine-tuned {backboneName} in {result.Elapsed.TotalSeconds:0.0} s and {result.Steps} steps ({result.StopReason}, peak learning rate {result.LearningRate:0.##E+0}, {result.ComputeType}){kept}.");
    }
}
