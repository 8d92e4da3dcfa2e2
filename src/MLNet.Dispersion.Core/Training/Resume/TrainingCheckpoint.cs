namespace MLNet.Dispersion;

/// <summary>What a training checkpoint says of itself.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="TotalSteps">Optimizer steps planned.</param>
/// <param name="Finished">Whether training ended there.</param>
/// <param name="Seed">The seed of the run (see <see cref="FineTuneOptions.Seed"/>; none counts as 0).</param>
/// <param name="Written">When it was saved.</param>
public sealed record TrainingCheckpoint(string Path, int Step, int TotalSteps, bool Finished, int Seed, DateTimeOffset Written)
{
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
        return new TrainingCheckpoint(folder.Path, manifest.Step, manifest.TotalSteps, manifest.Finished, manifest.Seed, manifest.Written);
    }
}
