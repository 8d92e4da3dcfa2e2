namespace MLNet.Dispersion.Studies;

/// <summary>What a study is: fixed when it is created, and checked when it is opened again.</summary>
/// <param name="Name">Its name in the storage; not empty.</param>
/// <param name="Objectives">What it optimises, at least one.</param>
/// <param name="Seed">The seed of all samples.</param>
/// <param name="Space">The search space: a study goes on only with the space it was begun with.</param>
public sealed record StudyDefinition(string Name, IReadOnlyList<StudyObjective> Objectives, long Seed, SearchSpace Space)
{
    /// <summary>Checks it.</summary>
    /// <exception cref="ArgumentException">The name is empty, there is no objective, two have one name, or the space is empty.</exception>
    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Name);
        ArgumentNullException.ThrowIfNull(Objectives);
        ArgumentNullException.ThrowIfNull(Space);
        Space.ThrowIfEmpty();
        if (Objectives.Count == 0 || Objectives.Any(objective => string.IsNullOrWhiteSpace(objective.Name)) || Objectives.DistinctBy(objective => objective.Name).Count() < Objectives.Count)
        {
            throw new ArgumentException($"The objectives of the study '{Name}' are {(Objectives.Count == 0 ? "none" : string.Join(", ", Objectives.Select(objective => $"'{objective.Name}'")))}; there must be at least one, each with a name of its own.", nameof(Objectives));
        }
    }
}
