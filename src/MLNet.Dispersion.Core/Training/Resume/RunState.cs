using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Everything that changes while a run trains: what a checkpoint holds. The position in data and schedule is the number of steps done.</summary>
/// <remarks>Owns optimizer, best weights, generators and moments.</remarks>
internal sealed class RunState(TrainingOptimizer optimizer, WeightSnapshot best, TrainingGenerators generators, RunningMoments moments, IReadOnlyList<ITrainingObserver> observers) : IDisposable
{
    /// <summary>The parameters and their moments.</summary>
    internal TrainingOptimizer Optimizer { get; } = optimizer;

    /// <summary>The weights of the best epoch.</summary>
    internal WeightSnapshot Best { get; } = best;

    /// <summary>Whatever draws random numbers in steps.</summary>
    internal TrainingGenerators Generators { get; } = generators;

    /// <summary>What dispersion takes away from hidden states.</summary>
    internal RunningMoments Moments { get; } = moments;

    /// <summary>Those who watch, with what they saw.</summary>
    internal IReadOnlyList<ITrainingObserver> Observers { get; } = observers;

    internal TrainingClock Clock { get; } = new();

    /// <summary>The figures of every step done.</summary>
    internal List<TrainingProgress> History { get; } = [];

    /// <summary>Optimizer steps done.</summary>
    internal int Step => History.Count;

    /// <summary>The epoch whose weights <see cref="Best"/> holds, or null.</summary>
    internal int? BestEpoch { get; private set; }

    /// <summary>Its validation loss; infinite before there is one.</summary>
    internal double BestLoss { get; private set; } = double.PositiveInfinity;

    /// <summary>What it was chosen by, the lower the better: its loss, or a figure with its sign turned.</summary>
    internal double BestScore { get; private set; } = double.PositiveInfinity;

    /// <summary>Epochs that ended since then.</summary>
    internal int EpochsWithoutGain { get; private set; }

    /// <summary>The step of the checkpoint that this session went on from; null when it began at the beginning.</summary>
    internal int? ResumedFromStep { get; private set; }

    /// <summary>Notes the end of an epoch, and its weights where they are the best so far.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="loss">Its loss on held-out rows; null without any.</param>
    /// <param name="score">What it is chosen by, the lower the better; null without held-out rows.</param>
    /// <param name="counts">Whether its weights may be kept and count towards early stopping.</param>
    internal void EndEpoch(int epoch, double? loss, double? score, bool counts)
    {
        EpochsWithoutGain = counts ? EpochsWithoutGain + 1 : 0;
        if (counts && score < BestScore)
        {
            BestScore = score.Value;
            BestLoss = loss!.Value;
            BestEpoch = epoch;
            EpochsWithoutGain = 0;
            Best.Take();
        }
    }

    /// <summary>Goes back to what a checkpoint's document says.</summary>
    internal void Restore(StateDocument saved)
    {
        History.Clear();
        History.AddRange(saved.History);
        Optimizer.StepCount = saved.OptimizerStep;
        BestEpoch = saved.BestEpoch;
        BestLoss = saved.BestLoss;
        BestScore = saved.BestScore ?? saved.BestLoss;
        EpochsWithoutGain = saved.EpochsWithoutGain;
        Clock.Restore(saved.Tokens, saved.Elapsed, saved.Stepping);
        ResumedFromStep = saved.Step;
    }

    /// <summary>Frees moments of the optimizer and of coordinates, best weights and generators; the parameters are others'.</summary>
    public void Dispose()
    {
        Optimizer.Dispose();
        Best.Dispose();
        Generators.Dispose();
        Moments.Dispose();
    }
}

/// <summary>Throughput and time left; validation counts towards elapsed time, not towards throughput.</summary>
internal sealed class TrainingClock
{
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private readonly Stopwatch _steps = new();
    private TimeSpan _earlier;
    private TimeSpan _earlierSteps;

    internal long Tokens { get; private set; }

    /// <summary>Time of training, earlier sessions included.</summary>
    internal TimeSpan Elapsed => _earlier + _all.Elapsed;

    /// <summary>The part of it spent in steps.</summary>
    internal TimeSpan Stepping => _earlierSteps + _steps.Elapsed;

    internal double TokensPerSecond => Stepping.TotalSeconds > 0 ? Tokens / Stepping.TotalSeconds : 0;

    /// <summary>Goes on from what an earlier session had.</summary>
    internal void Restore(long tokens, TimeSpan elapsed, TimeSpan stepping)
    {
        Tokens = tokens;
        (_earlier, _earlierSteps) = (elapsed, stepping);
        _all.Restart();
        _steps.Reset();
    }

    /// <summary>Runs a step, and notes its time and tokens.</summary>
    internal T Measure<T>(Func<T> step, Func<T, long> tokens)
    {
        _steps.Start();
        T result = step();
        _steps.Stop();
        Tokens += tokens(result);
        return result;
    }

    internal TimeSpan Remaining(int done, int total) => done == 0 ? TimeSpan.Zero : Elapsed * ((double)(total - done) / done);
}
