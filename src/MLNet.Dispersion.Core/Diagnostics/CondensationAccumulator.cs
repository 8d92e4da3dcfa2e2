using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Builds a <see cref="CondensationProfile"/> text by text, in memory that does not grow with the number of texts.</summary>
/// <remarks>
/// Per layer it keeps sums, also those of at most 512 groups of texts, a histogram and, while all texts have the same token count n and histograms are wanted, one <c>[n, n]</c> float32 sum of cosine matrices (its upper half).
/// Not thread-safe. The owner disposes it; after an exception it must be discarded.
/// </remarks>
public sealed class CondensationAccumulator : IDisposable
{
    private readonly bool _histograms;
    private readonly CosineWorkspace _workspace = new();
    private LayerCosineAccumulator[]? _layers;
    private TextCosines? _ofTexts;
    private int _texts;
    private int _shortTexts;
    private long _tokens;
    private long? _tokensPerText;
    private bool _lengthsDiffer;

    /// <summary>Creates an empty accumulator.</summary>
    /// <param name="histograms">Whether to count the 128-bin histograms as well, which needs the cosine matrices and not only their means. Default true.</param>
    public CondensationAccumulator(bool histograms = true) => _histograms = histograms;

    /// <summary>Adds the hidden states of one text; a text of fewer than two tokens is only counted.</summary>
    /// <param name="hiddenStates">Hidden states 0..N, each <c>[n, F]</c>, floating point; not kept. Every text must bring as many.</param>
    /// <exception cref="ArgumentException">The number of layers differs from the texts before, or the shapes are wrong.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text.</exception>
    public void Add(IReadOnlyList<Tensor> hiddenStates) => Add(hiddenStates, null);

    /// <summary>Adds a text that has a name of its own in errors; null for its place among the texts so far.</summary>
    internal void Add(IReadOnlyList<Tensor> hiddenStates, string? text)
    {
        ArgumentNullException.ThrowIfNull(hiddenStates);
        long length = CheckShapes(hiddenStates);
        if (length < 2)
        {
            AddShortText();
            return;
        }

        text ??= NonFiniteState.Text(_texts + _shortTexts);
        Begin(length, hiddenStates.Count);
        for (int i = 0; i < hiddenStates.Count; i++)
        {
            AddState(i, hiddenStates[i], text);
        }
    }

    /// <summary>Counts a text, whose states follow by <see cref="AddState"/>: those of a layer in the order of the texts.</summary>
    /// <param name="length">Its tokens, at least two.</param>
    /// <param name="layerCount">Its hidden states.</param>
    internal void Begin(long length, int layerCount)
    {
        _layers ??= [.. Enumerable.Range(0, layerCount).Select(_ => new LayerCosineAccumulator(_histograms))];
        _ofTexts ??= new TextCosines(layerCount);
        _lengthsDiffer |= _tokensPerText is { } before && before != length;
        _tokensPerText = length;
        _texts++;
        _tokens += length;
    }

    /// <summary>Adds a hidden state of a text that has begun.</summary>
    internal void AddState(int hiddenState, Tensor state, string text)
    {
        using var noGrad = no_grad();
        CosineMeans means = _layers![hiddenState].TryAdd(state, _workspace, !_lengthsDiffer) ?? throw NonFiniteState.Error(hiddenState, text);
        _ofTexts!.Add(hiddenState, state.shape[0], means);
    }

    /// <summary>Counts a text that has no pair of tokens.</summary>
    public void AddShortText() => _shortTexts++;

    /// <summary>Makes the profile of the texts so far.</summary>
    /// <exception cref="InvalidOperationException">No text of at least two tokens was added.</exception>
    public CondensationProfile ToProfile()
    {
        if (_layers is null)
        {
            throw new InvalidOperationException(_shortTexts == 0
                ? "There are no texts, so there is nothing to measure: pass at least one text of two or more tokens."
                : $"None of the {_shortTexts} texts has two tokens, so there is no token pair to measure: pass longer texts.");
        }

        LayerGeometry[] layers = [.. _layers.Select((layer, i) => layer.ToGeometry(i, _texts, !_lengthsDiffer))];
        return new CondensationProfile(layers, _texts, _shortTexts, _tokens, _lengthsDiffer ? null : (int?)_tokensPerText);
    }

    /// <summary>Gets each text's own means so far, of which intervals are made; null before the first text.</summary>
    internal TextCosines? OfTexts => _ofTexts;

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspace.Dispose();
        foreach (LayerCosineAccumulator layer in _layers ?? [])
        {
            layer.Dispose();
        }
    }

    private long CheckShapes(IReadOnlyList<Tensor> hiddenStates)
    {
        if (hiddenStates.Count == 0 || (_layers is not null && _layers.Length != hiddenStates.Count))
        {
            throw new ArgumentException($"Expected {_layers?.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "at least one"} hidden state(s), got {hiddenStates.Count}: every text must come from the same model.", nameof(hiddenStates));
        }

        Tensor? odd = hiddenStates.FirstOrDefault(state => state.dim() != 2 || !state.is_floating_point() || state.shape[0] != hiddenStates[0].shape[0]);
        return odd is null ? hiddenStates[0].shape[0] : throw new ArgumentException(
            $"The hidden states of one text must all be [n, F] of a floating-point type with the same n; one is {odd.dtype} [{string.Join(", ", odd.shape)}].", nameof(hiddenStates));
    }
}

/// <summary>Running cosine statistics of one layer; its size does not depend on the number of texts.</summary>
internal sealed class LayerCosineAccumulator : IDisposable
{
    private readonly bool _histograms;
    private double _entries;
    private double _offDiagonalEntries;
    private double _sum;
    private double _offDiagonalSum;
    private readonly HistogramCounter _diagonal = new();
    private readonly HistogramCounter _above = new();
    private CosineBlocks? _matrixSum;

    public LayerCosineAccumulator(bool histograms) => _histograms = histograms;

    /// <summary>Adds one text.</summary>
    /// <param name="states"><c>[n, F]</c>, n at least 2.</param>
    /// <param name="workspace">Memory to compute in.</param>
    /// <param name="elementwise">Whether all texts so far, this one included, have n tokens.</param>
    /// <returns>The text's own means; null, with nothing added, when a state is not finite.</returns>
    public CosineMeans? TryAdd(Tensor states, CosineWorkspace workspace, bool elementwise)
    {
        (Tensor rows, CosineMeans means) = workspace.Normalise(states);
        if (!double.IsFinite(means.Full))
        {
            return null;
        }

        double n = rows.shape[0];
        _entries += n * n;
        _offDiagonalEntries += n * (n - 1);
        _sum += means.Full * n * n;
        _offDiagonalSum += means.OffDiagonal * n * (n - 1);
        if (_histograms)
        {
            AddMatrix(workspace.Multiply(rows), elementwise);
        }

        return means;
    }

    /// <summary>The layer over all texts so far.</summary>
    /// <param name="hiddenState">Its index.</param>
    /// <param name="texts">Texts so far.</param>
    /// <param name="elementwise">Whether all had the same token count.</param>
    public LayerGeometry ToGeometry(int hiddenState, int texts, bool elementwise)
    {
        var means = new CosineMeans { Full = _sum / _entries, OffDiagonal = _offDiagonalSum / _offDiagonalEntries };
        var pooled = new CosineSummary { Averaging = CosineAveraging.PooledPairs, Means = means, Histogram = _histograms ? CosineHistogram.Symmetric(_diagonal, _above) : null };

        // Averaging is linear, so for equal token counts the averaged matrix has the pooled mean.
        CosineSummary? averaged = elementwise ? new CosineSummary { Averaging = CosineAveraging.Elementwise, Means = means, Histogram = AveragedHistogram(texts) } : null;
        return new LayerGeometry { HiddenState = hiddenState, Pooled = pooled, Elementwise = averaged };
    }

    public void Dispose() => _matrixSum?.Dispose();

    private CosineHistogram? AveragedHistogram(int texts)
    {
        if (_matrixSum is null)
        {
            return null;
        }

        using CosineBlocks average = _matrixSum.Over(texts);
        var diagonal = new HistogramCounter();
        var above = new HistogramCounter();
        average.Count(diagonal, above);
        return CosineHistogram.Symmetric(diagonal, above);
    }

    private void AddMatrix(CosineBlocks matrix, bool elementwise)
    {
        matrix.Count(_diagonal, _above);
        if (!elementwise)
        {
            _matrixSum?.Dispose();
            _matrixSum = null;
        }
        else if (_matrixSum is null)
        {
            _matrixSum = matrix.Copy();
        }
        else
        {
            _matrixSum.Add(matrix);
        }
    }
}
