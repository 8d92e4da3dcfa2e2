using System.Globalization;

namespace MLNet.Dispersion.Studies;

/// <summary>How a worker runs a study.</summary>
public sealed record StudyRunOptions
{
    /// <summary>Gets how many trials the study may have in all, those of other workers and of earlier runs included; null for no limit. Default null.</summary>
    public int? MaxTrials { get; init; }

    /// <summary>Gets when to stop: trials that run then are given back, for a later run. Null for no limit, the default.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>Gets how many trials this worker runs at the same time, at least 1. Default 1: training uses all cores by itself.</summary>
    public int MaxParallelTrials { get; init; } = 1;

    /// <summary>Gets the worker's name in the study, unique among workers; null for one of machine, process and a random part. Default null.</summary>
    public string? WorkerName { get; init; }

    /// <summary>Gets how long a trial stays this worker's without a sign of life; it gives one four times as often. After it another worker takes the trial over. Above 0, default 60 seconds.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets who is told whenever a trial begins or ends, from any thread; null for nobody.</summary>
    public IProgress<StudyProgress>? Monitor { get; init; }

    /// <summary>Gets who is told, in a sentence and from any thread, when this worker has waited for ten seconds: for a storage that does not answer, or for trials that other workers hold. Null for nobody. Default null.</summary>
    public Action<string>? Waiting { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is outside its range; the message names it.</exception>
    /// <exception cref="ArgumentException">There is neither a limit of trials nor one of time.</exception>
    public void Validate()
    {
        Check(MaxTrials is null or >= 1, nameof(MaxTrials), MaxTrials, "at least 1, or null");
        Check(MaxTime is null || MaxTime > TimeSpan.Zero, nameof(MaxTime), MaxTime, "above zero, or null");
        Check(MaxParallelTrials >= 1, nameof(MaxParallelTrials), MaxParallelTrials, "at least 1");
        Check(Lease > TimeSpan.Zero, nameof(Lease), Lease, "above zero");
        if (MaxTrials is null && MaxTime is null)
        {
            throw new ArgumentException("The study would never end: set StudyRunOptions.MaxTrials or StudyRunOptions.MaxTime, or both.");
        }
    }

    private static void Check(bool valid, string name, object? value, string limit)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"StudyRunOptions.{name} is {value}; it must be {limit}."));
        }
    }
}
