using MLNet.Dispersion.Studies.Trials;

namespace MLNet.Dispersion.Studies.Storage;

/// <summary>What a study is: fixed when it is created, and checked when it is opened again.</summary>
/// <param name="Name">Its name in the storage; not empty.</param>
/// <param name="Objectives">What it optimises, at least one.</param>
/// <param name="Seed">The seed of all samples.</param>
/// <param name="Space">The search space as text (<c>SearchSpace.ToJson</c>): a study goes on only with the space it was begun with.</param>
public sealed record StudyDefinition(string Name, IReadOnlyList<StudyObjective> Objectives, long Seed, string Space);
