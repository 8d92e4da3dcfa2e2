namespace MLNet.Dispersion;

/// <summary>The checkpoints of one run, as its loop sees them.</summary>
/// <remarks>Disposal gives the directory free.</remarks>
internal sealed class RunCheckpoints : IDisposable
{
    private readonly CheckpointOptions _options;
    private readonly CheckpointStore? _store;
    private readonly RankGroup? _ranks;
    private readonly IReadOnlyDictionary<string, string> _run;
    private readonly RunState _state;
    private readonly int _totalSteps;
    private readonly int _seed;

    /// <param name="options">Where and how often.</param>
    /// <param name="run">The run's fingerprint.</param>
    /// <param name="state">The run's state, before its first step.</param>
    /// <param name="totalSteps">Steps planned.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="ranks">Who trains together: rank 0 saves, and all go on from what it saved. Null for this process alone.</param>
    /// <exception cref="ArgumentException">Observers want the same file.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written, or another run has it.</exception>
    internal RunCheckpoints(CheckpointOptions options, IReadOnlyDictionary<string, string> run, RunState state, int totalSteps, int seed, RankGroup? ranks = null)
    {
        _options = options;
        _run = run;
        _state = state;
        _totalSteps = totalSteps;
        _seed = seed;
        RunFiles.Documents(state);
        _ranks = ranks;
        _store = ranks is null or { IsFirst: true } ? new CheckpointStore(options) : null;
    }

    /// <summary>Goes to where the newest checkpoint was, if there is one.</summary>
    /// <returns>The result, where training had ended.</returns>
    /// <exception cref="ModelFileException">The checkpoint is damaged or another run's.</exception>
    internal FineTuneResult? Resume()
    {
        CheckpointFolder? folder = _store?.Newest;
        CheckpointManifest? manifest = folder is null ? null : _store!.Verify(folder);
        if (_ranks is not null)
        {
            (folder, manifest) = OfFirst(_ranks, folder, manifest);
        }

        if (folder is null)
        {
            return null;
        }

        RunFingerprint.Check(folder, manifest!.Run, _run);
        FineTuneResult? result = RunFiles.Read(folder.Source, _state);

        // Rank 0 deletes old checkpoints.
        _ranks?.Meet();
        return result;
    }

    /// <summary>Saves a checkpoint where one is due.</summary>
    internal void AfterStep()
    {
        if (_state.Step % _options.EverySteps == 0)
        {
            _ranks?.RequireSameWeights(_state.Optimizer.Parameters);
            Save(null);
        }
    }

    /// <summary>Saves the end of training.</summary>
    internal void Finish(FineTuneResult result) => Save(result);

    /// <inheritdoc/>
    public void Dispose() => _store?.Dispose();

    /// <summary>The checkpoint that rank 0 goes on from, as this rank sees it.</summary>
    /// <exception cref="ModelFileException">It does not see it.</exception>
    private (CheckpointFolder?, CheckpointManifest?) OfFirst(RankGroup ranks, CheckpointFolder? folder, CheckpointManifest? manifest)
    {
        string first = ranks.FromFirst(folder is null ? "" : Mark(folder, manifest!));
        if (first.Length == 0 || ranks.IsFirst)
        {
            return (folder, manifest);
        }

        folder = CheckpointFolder.All(_options.Directory).FirstOrDefault(own => first.StartsWith(own.Name + " ", StringComparison.Ordinal));
        manifest = folder is null ? null : CheckpointManifest.Read(folder.Source);
        return folder is not null && Mark(folder, manifest!) == first
            ? (folder, manifest)
            : throw new ModelFileException(_options.Directory, FormattableString.Invariant($"Rank {ranks.Rank} on {Environment.MachineName} does not see the checkpoint that rank 0 goes on from ({first}). Name a CheckpointOptions.Directory on a file system that all machines share."));
    }

    private static string Mark(CheckpointFolder folder, CheckpointManifest manifest) => FormattableString.Invariant($"{folder.Name} of {manifest.Written:O}");

    private void Save(FineTuneResult? result)
    {
        if (_store is null)
        {
            return;
        }

        var manifest = new CheckpointManifest(
            _state.Step, _totalSteps, result is not null, _seed, DateTimeOffset.UtcNow, _run, []);
        _store.Save(manifest, sink => RunFiles.Write(sink, _state, result));
    }
}
