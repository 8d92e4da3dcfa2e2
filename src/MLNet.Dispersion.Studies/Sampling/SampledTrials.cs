namespace MLNet.Dispersion.Studies;

/// <summary>What samplers ask of a study's history.</summary>
internal static class SampledTrials
{
    /// <summary>A trial's place among those whose values the sampler draws: numbers of trials that were asked for in advance take none.</summary>
    internal static int IndexOf(IReadOnlyList<Trial> history, int number)
    {
        ArgumentNullException.ThrowIfNull(history);
        return number - history.Count(trial => trial.Number < number && trial.Kind != Trial.SampledKind);
    }
}
