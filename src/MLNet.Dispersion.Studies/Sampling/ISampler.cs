namespace MLNet.Dispersion.Studies;

/// <summary>Chooses the next point of a search space. Implementations hold no state of a study: the same arguments give the same point, in any process.</summary>
public interface ISampler
{
    /// <summary>The values of the trial with this number.</summary>
    /// <param name="space">The space to draw from.</param>
    /// <param name="objectives">What the study optimises.</param>
    /// <param name="history">All trials of the study so far, by number, running and failed ones included.</param>
    /// <param name="number">The trial's number, from 0.</param>
    /// <param name="seed">The study's seed.</param>
    /// <returns>The values; null when the sampler has no further point (a grid that is used up).</returns>
    ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed);
}
