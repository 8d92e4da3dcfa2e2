using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Counts the passes over scored data that run the model, and says once what to do where they are many.</summary>
/// <param name="host">For the warning.</param>
/// <param name="textColumns">The text columns, for the message.</param>
/// <param name="done">What is done to texts: <c>scored</c>, …</param>
internal sealed class RepeatedScoring(IHost host, string textColumns, string done)
{
    // An evaluation after a look at the rows is two.
    private const int Many = 3;
    private int _passes;

    /// <summary>Notes that a pass begins.</summary>
    internal void PassBegins()
    {
        if (Interlocked.Increment(ref _passes) != Many)
        {
            return;
        }

        using IChannel channel = host.Start("Scoring");
        ChannelLog.Warn(channel, $"The texts of {textColumns} are {done} for the {Many}rd time in the same data: nothing is kept, so each pass over it runs the model again. Keep what it gives with ml.Data.Cache(data), or by AppendCacheCheckpoint(ml) behind this step of a pipeline.");
    }
}
