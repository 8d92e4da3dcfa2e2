namespace MLNet.Dispersion;

/// <summary>What a training checkpoint says of itself.</summary>
public sealed record TrainingCheckpoint
{
    /// <summary>Gets its folder's path.</summary>
    public required string Path { get; init; }

    /// <summary>Gets the number of optimizer steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Gets the number of optimizer steps planned.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Gets whether training ended there.</summary>
    public required bool Finished { get; init; }

    /// <summary>Gets the seed of the run (see <see cref="FineTuneOptions.Seed"/>; none counts as 0).</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the moment at which it was saved.</summary>
    public required DateTimeOffset Written { get; init; }

    /// <summary>The newest whole checkpoint of a directory, from which <see cref="CheckpointOptions.Resume"/> would go on; null where there is none.</summary>
    /// <remarks>Reads the manifest alone: damage of other files is found when training goes on. May be called while a run saves there.</remarks>
    /// <param name="directory">A <see cref="CheckpointOptions.Directory"/>; need not exist.</param>
    /// <exception cref="ModelFileException">The manifest is missing or damaged, or of a newer version.</exception>
    public static TrainingCheckpoint? Latest(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (CheckpointFolder.All(directory) is not [.., var folder])
        {
            return null;
        }

        var manifest = CheckpointManifest.Read(folder.Source);
        return new TrainingCheckpoint
        {
            Path = folder.Path,
            Step = manifest.Step,
            TotalSteps = manifest.TotalSteps,
            Finished = manifest.Finished,
            Seed = manifest.Seed,
            Written = manifest.Written,
        };
    }
}
