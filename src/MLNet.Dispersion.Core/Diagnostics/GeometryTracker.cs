using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Measures a fixed sample of texts at chosen moments of a training run and keeps what it saw.</summary>
/// <param name="options">What to measure, and when.</param>
/// <param name="texts">Token sequences to choose the sample from, evenly spread; null for the run's own rows. Those without a pair of tokens are passed over.</param>
internal sealed class GeometryTracker(GeometryProbeOptions options, IReadOnlyList<int[]>? texts) : ITrainingObserver
{
    private readonly List<GeometrySnapshot> _history = [];
    private int[][] _sample = [];

    /// <summary>What was measured so far, in order.</summary>
    internal IReadOnlyList<GeometrySnapshot> History => _history;

    /// <inheritdoc/>
    public IReadOnlyList<string> Documents => [GeometryHistoryFile.Name];

    /// <inheritdoc/>
    public void RunStarted(TrainingRun run)
    {
        IReadOnlyList<int[]> sequences = texts ?? run.Sequences;
        int[] measurable = [.. Enumerable.Range(0, sequences.Count).Where(place => StoredRows.LengthOf(sequences, place) >= 2)];
        int count = Math.Min(measurable.Length, options.MaxTexts);
        _sample = [.. Enumerable.Range(0, count).Select(i => sequences[measurable[(int)((long)i * measurable.Length / count)]])];
        if (run.Step == 0)
        {
            Measure(run);
        }
    }

    /// <inheritdoc/>
    public void StepDone(TrainingRun run, TrainingProgress progress)
    {
        // Behind the last step the weights that are kept are measured.
        if (run.Step < run.TotalSteps && options.EverySteps is { } every && run.Step % every == 0)
        {
            Measure(run);
        }
    }

    /// <inheritdoc/>
    public void RunEnded(TrainingRun run) => Measure(run);

    /// <inheritdoc/>
    public void Save(string document, Stream stream) => GeometryHistoryJson.Write(_history, stream);

    /// <inheritdoc/>
    public void Restore(string document, byte[] content)
    {
        _history.Clear();
        _history.AddRange(GeometryHistoryJson.Read(content));
    }

    /// <summary>Measures, in float32, whatever training computes in; an earlier measurement of the same step is replaced.</summary>
    private void Measure(TrainingRun run)
    {
        if (_sample.Length == 0)
        {
            return;
        }

        _history.RemoveAll(snapshot => snapshot.Step == run.Step);
        try
        {
            using var computing = run.Backbone.Context.ComputeIn(ScalarType.Float32);
            _history.Add(new GeometrySnapshot { Step = run.Step, Profile = CondensationProbe.Measure(run.Backbone, _sample, options.MaxTokens, options.Histograms, cancellationToken: run.CancellationToken) });
        }
        catch (NonFiniteStateException)
        {
            // Nothing to keep: the next step reports the divergence with its cause.
        }
    }
}
