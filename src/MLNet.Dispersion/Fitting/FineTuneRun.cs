using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>One training of an estimator: seed, cancellation and log lines, whatever is trained.</summary>
/// <param name="channel">Where the log lines go.</param>
/// <param name="cancellation">The ways to cancel it.</param>
/// <param name="backboneName">For the log.</param>
/// <param name="textColumns">The text columns, for the log.</param>
internal sealed class FineTuneRun(IChannel channel, FitCancellation cancellation, string backboneName, string textColumns)
{
    /// <summary>Trains; what was trained before the cancellation was noticed is freed.</summary>
    /// <param name="options">How to train; copied.</param>
    /// <param name="seed">The seed to train with, unless a checkpoint has its own.</param>
    /// <param name="what">What is done to the backbone, for the log: <c>on 40 rows of 3 classes</c>, …</param>
    /// <param name="train">Trains with the options it is given; its result is freed if it can be.</param>
    internal TTrained Train<TTrained>(FineTuneOptions options, int seed, string what, Func<FineTuneOptions, TTrained> train)
        where TTrained : class
    {
        options = options.Clone();
        options.Seed = FitSeed.Of(options, seed);
        options.CancellationToken = cancellation.Token;
        options.Progress = new TrainingLog(channel, options.Epochs, cancellation, options.Progress);
        FitLog.Info(channel, $"Fine-tuning {backboneName} {what}, seed {options.Seed}, dispersion coefficient {options.Dispersion.Coefficient}.");
        TTrained? trained = null;
        try
        {
            trained = train(options);
            cancellation.ThrowIfRequested();
        }
        catch (OperationCanceledException)
        {
            (trained as IDisposable)?.Dispose();
            cancellation.ThrowIfRequested();
            throw;
        }

        return trained;
    }

    /// <summary>Tells how it went.</summary>
    /// <param name="result">The result; null tells nothing.</param>
    /// <param name="truncated">Training rows that were cut off.</param>
    /// <param name="rows">Training rows.</param>
    /// <param name="maxTokens">The most tokens of a row.</param>
    internal void LogResult(FineTuneResult? result, int truncated, int rows, int maxTokens)
    {
        if (truncated > 0)
        {
            FitLog.Warn(channel, $"{truncated} of {rows} training rows have more tokens in {textColumns} than the {maxTokens} that the model reads, and were cut off.");
        }

        if (result is not null)
        {
            FitLog.Result(channel, backboneName, result);
        }
    }
}
