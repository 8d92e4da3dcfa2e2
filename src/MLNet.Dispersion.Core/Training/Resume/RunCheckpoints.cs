namespace MLNet.Dispersion;

/// <summary>The checkpoints of one run, as its loop sees them.</summary>
/// <remarks>Disposal gives the directory free.</remarks>
internal sealed class RunCheckpoints : IDisposable
{
    private readonly CheckpointOptions _options;
    private readonly CheckpointStore _store;
    private readonly IReadOnlyDictionary<string, string> _run;
    private readonly RunState _state;
    private readonly int _totalSteps;
    private readonly int _seed;

    /// <param name="options">Where and how often.</param>
    /// <param name="run">The run's fingerprint.</param>
    /// <param name="state">The run's state, before its first step.</param>
    /// <param name="totalSteps">Steps planned.</param>
    /// <param name="seed">Of the run.</param>
    /// <exception cref="ArgumentException">Observers want the same file.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written, or another run has it.</exception>
    internal RunCheckpoints(CheckpointOptions options, IReadOnlyDictionary<string, string> run, RunState state, int totalSteps, int seed)
    {
        _options = options;
        _run = run;
        _state = state;
        _totalSteps = totalSteps;
        _seed = seed;
        RunFiles.Documents(state);
        _store = new CheckpointStore(options);
    }

    /// <summary>Goes to where the newest checkpoint was, if there is one.</summary>
    /// <returns>The result, where training had ended.</returns>
    /// <exception cref="ModelFileException">The checkpoint is damaged or another run's.</exception>
    internal FineTuneResult? Resume()
    {
        if (_store.Newest is not { } folder)
        {
            return null;
        }

        var manifest = _store.Verify(folder);
        RunFingerprint.Check(folder, manifest.Run, _run);
        return RunFiles.Read(folder.Source, _state);
    }

    /// <summary>Saves a checkpoint where one is due.</summary>
    internal void AfterStep()
    {
        if (_state.Step % _options.EverySteps == 0)
        {
            Save(null);
        }
    }

    /// <summary>Saves the end of training.</summary>
    internal void Finish(FineTuneResult result) => Save(result);

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    private void Save(FineTuneResult? result)
    {
        var manifest = new CheckpointManifest(
            _state.Step, _totalSteps, result is not null, _seed, DateTimeOffset.UtcNow, _run, []);
        _store.Save(manifest, sink => RunFiles.Write(sink, _state, result));
    }
}
