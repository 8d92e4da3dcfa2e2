namespace MLNet.Dispersion.Studies;

/// <summary>Decides whether a running trial is worth going on with. Implementations hold no state of a study.</summary>
public interface IPruner
{
    /// <summary>Whether the trial should stop here.</summary>
    /// <param name="objective">The study's first objective, which the intermediate values belong to.</param>
    /// <param name="trial">The running trial, its newest intermediate value included.</param>
    /// <param name="history">All trials of the study so far, this one included.</param>
    bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history);
}
