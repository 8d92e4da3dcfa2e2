using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Distances between the tokens of one sequence, differentiable, for every sequence of a batch.</summary>
internal static class PairwiseGeometry
{
    /// <summary>Unit-like rows <c>z / (||z|| + epsilon)</c>. A row whose denominator is 0 (a zero row with epsilon 0) becomes zero, without gradient.</summary>
    /// <param name="states"><c>[..., L, F]</c>.</param>
    /// <param name="epsilon">Added to the norm (no floor), so rows of small norm come out shorter than 1.</param>
    public static Tensor Normalize(Tensor states, double epsilon)
    {
        Tensor denominator = states.norm(-1, keepdim: true, p: 2f).Plus(epsilon);
        if (epsilon > 0)
        {
            return states / denominator;
        }

        Tensor zero = denominator.Is(0);
        return states.Masked(zero, 0) / denominator.Masked(zero, 1);
    }

    /// <summary>All inner products of rows, <c>[..., L, F]</c> to <c>[..., L, L]</c>: the cosines, where the rows come from <see cref="Normalize"/>.</summary>
    public static Tensor InnerProducts(Tensor rows) => rows.matmul(rows.transpose(-2, -1));

    /// <summary>Angles as fractions of half a turn, <c>arccos(c) / pi</c> in 0..1, with c clamped and the gradient passed straight through the clamp.</summary>
    /// <param name="cosines">Any shape.</param>
    /// <param name="clampThreshold">t: cosines are clamped to <c>[-1 + t, 1 - t]</c>; outside, the slope is the one at the band's edge.</param>
    /// <remarks>The slope at a cosine of 1 is infinite, so a threshold below the type's resolution counts as that resolution.</remarks>
    public static Tensor AngularDistance(Tensor cosines, double clampThreshold)
    {
        double limit = ClampLimit(clampThreshold, cosines.dtype);
        Tensor clamped = cosines.Plus((cosines.Clamped(-limit, limit) - cosines).detach());
        return clamped.Clamped(-limit, limit).arccos().Over(Math.PI);
    }

    /// <summary>The largest cosine that the clamp lets through: <c>1 - t</c>, with t at least the type's resolution.</summary>
    public static double ClampLimit(double clampThreshold, ScalarType type) => 1 - Math.Max(clampThreshold, finfo(type).eps);

    /// <summary>All squared Euclidean distances, <c>[..., L, F]</c> to <c>[..., L, L]</c> float64, with an exact zero diagonal and no <c>[L, L, F]</c> tensor.</summary>
    /// <param name="centred">Float64 rows of about zero mean (distances do not change with a shift, but rounding errors shrink).</param>
    /// <remarks>
    /// <c>|x|^2 + |y|^2 - 2 x.y</c> cancels for near rows. In float64 its error is about 1e-16 of the squared norms, while two float32 rows that differ
    /// at all differ by at least 1e-15 of them: so for float32 data this is as good as explicit differences, at the price of one matrix product.
    /// </remarks>
    public static Tensor SquaredDistances(Tensor centred)
    {
        Tensor products = InnerProducts(centred);
        Tensor squares = products.diagonal(0, -2, -1);
        Tensor distances = squares.unsqueeze(-1).Plus(squares.unsqueeze(-2)) - products.Times(2);
        return distances.AtLeast(0);
    }
}
