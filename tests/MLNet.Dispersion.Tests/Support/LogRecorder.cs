using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Keeps what a context logs.</summary>
internal sealed class LogRecorder
{
    private static readonly string[] Sources = ["FineTuneWithDispersion", "FineTuneRegressionWithDispersion", "FineTuneBinaryWithDispersion", "FineTuneMultiLabelWithDispersion", "FineTuneTokensWithDispersion", "FineTuneInstructionsWithDispersion", "FineTuneAnswersWithDispersion", "FineTuneEmbeddingsWithDispersion", "FineTuneRankingWithDispersion", "EmbeddingGeometry", "MeasureCondensation", "LanguageModel"];
    private readonly ConcurrentQueue<(ChannelMessageKind Kind, string Message)> _messages = new();

    internal LogRecorder(MLContext ml) => ml.Log += (_, e) =>
    {
        if (Array.Exists(Sources, source => e.Source.Contains(source, StringComparison.Ordinal)))
        {
            _messages.Enqueue((e.Kind, e.RawMessage));
        }
    };

    internal string[] Warnings => Of(ChannelMessageKind.Warning);

    internal string[] Infos => Of(ChannelMessageKind.Info);

    private string[] Of(ChannelMessageKind kind) => [.. _messages.Where(message => message.Kind == kind).Select(message => message.Message)];
}
