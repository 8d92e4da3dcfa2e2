using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Measures a fixed sample of texts at chosen moments of a training run and keeps what it saw.</summary>
internal sealed class GeometryTracker
{
    private readonly LanguageBackbone _backbone;
    private readonly GeometryProbeOptions? _options;
    private readonly CancellationToken _cancellation;
    private readonly int[][] _sample;
    private readonly List<GeometrySnapshot> _history = [];

    /// <param name="backbone">What is measured.</param>
    /// <param name="candidates">Token sequences to choose the sample from, evenly spread; those without a pair of tokens are passed over.</param>
    /// <param name="options">What to measure; null for nothing.</param>
    /// <param name="cancellation">Checked before each text.</param>
    internal GeometryTracker(LanguageBackbone backbone, IReadOnlyList<int[]> candidates, GeometryProbeOptions? options, CancellationToken cancellation)
    {
        _backbone = backbone;
        _options = options;
        _cancellation = cancellation;
        int[][] measurable = options is null ? [] : [.. candidates.Where(tokens => tokens.Length >= 2)];
        int count = Math.Min(measurable.Length, options?.MaxTexts ?? 0);
        _sample = [.. Enumerable.Range(0, count).Select(i => measurable[(int)((long)i * measurable.Length / count)])];
    }

    /// <summary>What was measured so far, in order.</summary>
    internal IReadOnlyList<GeometrySnapshot> History => _history;

    /// <summary>Goes on from what an earlier session measured.</summary>
    internal void Restore(IReadOnlyList<GeometrySnapshot> history)
    {
        _history.Clear();
        _history.AddRange(history);
    }

    /// <summary>Measures where the options ask for this step: every K steps.</summary>
    /// <param name="step">Optimizer steps done.</param>
    internal void AfterStep(int step)
    {
        if (_options?.EverySteps is { } every && step % every == 0)
        {
            Measure(step);
        }
    }

    /// <summary>Measures; hidden states that are not finite are passed over, since the next step reports the divergence with its cause.</summary>
    /// <param name="step">Optimizer steps done; an earlier measurement of the same step is replaced.</param>
    internal void Measure(int step)
    {
        if (_sample.Length == 0)
        {
            return;
        }

        _history.RemoveAll(snapshot => snapshot.Step == step);
        ScalarType computeType = _backbone.ComputeType;
        try
        {
            _backbone.ComputeType = ScalarType.Float32;
            _history.Add(new GeometrySnapshot(step, CondensationProbe.Measure(_backbone, _sample, _options!.MaxTokens, _options.Histograms, cancellationToken: _cancellation)));
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            // Not finite: nothing to keep.
        }
        finally
        {
            _backbone.ComputeType = computeType;
        }
    }
}
