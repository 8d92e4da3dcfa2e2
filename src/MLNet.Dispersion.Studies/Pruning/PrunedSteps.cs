namespace MLNet.Dispersion.Studies;

/// <summary>At which steps pruners look at a trial.</summary>
internal static class PrunedSteps
{
    /// <summary>Whether the newest step is the first one reported at or after one that is looked at: the end of the warm-up, and every interval from there.</summary>
    internal static bool LooksAt(Trial trial, int warmupSteps, int interval)
    {
        if (trial.Intermediate.Count == 0)
        {
            return false;
        }

        int step = trial.Intermediate[^1].Step, before = trial.Intermediate.Count > 1 ? trial.Intermediate[^2].Step : -1;
        return step >= warmupSteps && before < warmupSteps + ((step - warmupSteps) / interval * interval);
    }
}
