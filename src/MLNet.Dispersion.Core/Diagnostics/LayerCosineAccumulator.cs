using static TorchSharp.torch;

namespace MLNet.Dispersion;

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
    /// <returns>False, with nothing added, when a state is not finite.</returns>
    public bool TryAdd(Tensor states, CosineWorkspace workspace, bool elementwise)
    {
        (Tensor rows, CosineMeans means) = workspace.Normalise(states);
        if (!double.IsFinite(means.Full))
        {
            return false;
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

        return true;
    }

    /// <summary>The layer over all texts so far.</summary>
    /// <param name="hiddenState">Its index.</param>
    /// <param name="texts">Texts so far.</param>
    /// <param name="elementwise">Whether all had the same token count.</param>
    public LayerGeometry ToGeometry(int hiddenState, int texts, bool elementwise)
    {
        var means = new CosineMeans(_sum / _entries, _offDiagonalSum / _offDiagonalEntries);
        var pooled = new CosineSummary(CosineAveraging.PooledPairs, means, _histograms ? CosineHistogram.Symmetric(_diagonal, _above) : null);

        // Averaging is linear, so for equal token counts the averaged matrix has the pooled mean.
        CosineSummary? averaged = elementwise ? new CosineSummary(CosineAveraging.Elementwise, means, AveragedHistogram(texts)) : null;
        return new LayerGeometry(hiddenState, pooled, averaged);
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
