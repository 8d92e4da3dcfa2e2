namespace MLNet.Dispersion.Studies;

/// <summary>Lets every trial run to its end. Stateless and thread-safe.</summary>
public sealed class NoPruning : IPruner
{
    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history) => false;
}
