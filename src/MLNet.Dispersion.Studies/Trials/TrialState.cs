namespace MLNet.Dispersion.Studies;

/// <summary>Where a trial stands.</summary>
public enum TrialState
{
    /// <summary>Waits for a worker: asked for in advance, or given back by one.</summary>
    Waiting,

    /// <summary>A worker runs it, and says so by its heartbeat.</summary>
    Running,

    /// <summary>Ended with a value for each objective.</summary>
    Completed,

    /// <summary>Ended early, since others did better with as much training.</summary>
    Pruned,

    /// <summary>Ended without a value; the trial holds the reason.</summary>
    Failed,
}
