using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Cosine similarity between the tokens of one text at one layer, as the published condensation measure defines it.</summary>
/// <remarks>
/// A row is divided by <c>max(||z||, 1e-3)</c>, so a row shorter than 1e-3 has a cosine below 1 with itself; norms are taken in float64.
/// Pure functions without gradient, thread-safe.
/// </remarks>
public static class CosineGeometry
{
    /// <summary>The smallest norm that a row is divided by (published).</summary>
    public const double NormFloor = 1e-3;

    /// <summary>Computes the cosine matrix.</summary>
    /// <param name="states">One layer's hidden states of one text, <c>[n, F]</c>, floating point.</param>
    /// <returns><c>[n, n]</c>, float32, clipped to [-1, 1]; it belongs to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The tensor is not <c>[n, F]</c> or not of a floating-point type.</exception>
    public static Tensor Matrix(Tensor states)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor rows = UnitRows(states).to(ScalarType.Float32);

        // The product runs in float32, as published.
        return rows.mm(rows.t()).ClampInPlace(-1, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the means of the cosine matrix, without making it: the sum of all its entries is the squared length of the sum of unit rows.</summary>
    /// <param name="states">One layer's hidden states of one text, <c>[n, F]</c>, floating point, n at least 2.</param>
    /// <returns>Both means; NaN when a state is not finite.</returns>
    /// <exception cref="ArgumentException">The tensor is not <c>[n, F]</c>, not of a floating-point type, or has fewer than two rows.</exception>
    public static CosineMeans Means(Tensor states)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor unit = UnitRows(states);
        if (unit.shape[0] < 2)
        {
            throw new ArgumentException($"{unit.shape[0]} token(s) form no pair, so there is no mean cosine; at least 2 tokens are needed.", nameof(states));
        }

        double all = unit.sum([0]).Squared().sum().item<double>();
        return Means(unit.shape[0], all, unit.Squared().sum().item<double>());
    }

    /// <summary>Rows divided by their floored norm, <c>[n, F]</c>, float64.</summary>
    internal static Tensor UnitRows(Tensor states)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (states.dim() != 2)
        {
            throw new ArgumentException($"Hidden states of one text must be [n, F]; these have the shape [{string.Join(", ", states.shape)}]. Take one text out of the batch first.", nameof(states));
        }

        if (!states.is_floating_point())
        {
            throw new ArgumentException($"Hidden states must be of a floating-point type, these are {states.dtype}.", nameof(states));
        }

        Tensor wide = states.to(ScalarType.Float64);
        return wide / wide.norm(1, keepdim: true, p: 2f).AtLeast(NormFloor);
    }

    /// <summary>The means of an n x n cosine matrix from its sum and its diagonal's.</summary>
    internal static CosineMeans Means(double n, double all, double diagonal) => new() { Full = Clip(all / (n * n)), OffDiagonal = Clip((all - diagonal) / (n * (n - 1))) };

    private static double Clip(double cosine) => double.IsNaN(cosine) ? cosine : Math.Clamp(cosine, -1, 1);
}
