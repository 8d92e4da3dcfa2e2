using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Memory in which one layer after the other is normalised and multiplied with itself. Fresh memory for each costs more than the arithmetic.</summary>
/// <remarks>
/// Computes in the type of the hidden states, float32 or float64 (anything narrower in float32), and sums in float64. Not thread-safe; what it hands out
/// is valid until the next call. The owner disposes it.
/// </remarks>
internal sealed class CosineWorkspace : IDisposable
{
    private Tensor? _rows;
    private Tensor? _top;
    private Tensor? _bottom;

    /// <summary>The unit rows of <c>[n, F]</c> states, n at least 2, and the means of their cosines: NaN when a state is not finite.</summary>
    /// <param name="states">Hidden states of one text; the rows belong to this object.</param>
    public (Tensor Rows, CosineMeans Means) Normalise(Tensor states)
    {
        using var scope = NewDisposeScope();
        long n = states.shape[0];
        ScalarType type = states.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Tensor rows = Reuse(ref _rows, n, states.shape[1], type, states.device);
        rows.copy_(states);
        Tensor norms = rows.norm(1, keepdim: true, p: 2f);
        Tensor divisors = norms.AtLeast(CosineGeometry.NormFloor);
        rows.div_(divisors);
        double all = rows.sum([0], type: ScalarType.Float64).Squared().sum().item<double>();
        double diagonal = (norms / divisors).to(ScalarType.Float64).Squared().sum().item<double>();
        return (rows, CosineGeometry.Means(n, all, diagonal));
    }

    /// <summary>The upper half of the clipped cosine matrix of <see cref="Normalise"/>'s rows.</summary>
    public CosineBlocks Multiply(Tensor rows)
    {
        using var scope = NewDisposeScope();
        long n = rows.shape[0], half = n / 2;
        Tensor single = rows.to(ScalarType.Float32);
        Tensor lower = single.narrow(0, half, n - half);
        Tensor top = Reuse(ref _top, half, n, ScalarType.Float32, rows.device);
        Tensor bottom = Reuse(ref _bottom, n - half, n - half, ScalarType.Float32, rows.device);
        top.addmm_(single.narrow(0, 0, half), single.t(), beta: 0).ClampInPlace(-1, 1);
        bottom.addmm_(lower, lower.t(), beta: 0).ClampInPlace(-1, 1);
        return new CosineBlocks(top, bottom);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows?.Dispose();
        _top?.Dispose();
        _bottom?.Dispose();
    }

    private static Tensor Reuse(ref Tensor? kept, long rows, long columns, ScalarType type, Device device)
    {
        if (kept is null || kept.shape[0] != rows || kept.shape[1] != columns || kept.dtype != type || kept.device_type != device.type)
        {
            kept?.Dispose();
            kept = zeros([rows, columns], type, device).DetachFromDisposeScope();
        }

        return kept;
    }
}
