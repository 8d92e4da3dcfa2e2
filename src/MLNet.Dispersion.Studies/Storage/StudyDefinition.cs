namespace MLNet.Dispersion.Studies;

/// <summary>Says what a study is: fixed when it is created, and checked when it is opened again. Immutable and thread-safe.</summary>
public sealed record StudyDefinition
{
    /// <summary>Gets its name in the storage; not empty.</summary>
    public required string Name { get; init; }

    /// <summary>Gets what it optimises, at least one.</summary>
    public required IReadOnlyList<StudyObjective> Objectives { get; init; }

    /// <summary>Gets the seed of all samples.</summary>
    public required long Seed { get; init; }

    /// <summary>Gets the search space: a study goes on only with the space it was begun with.</summary>
    public required SearchSpace Space { get; init; }

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
