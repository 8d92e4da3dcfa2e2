using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>How far a student's hidden states point away from a teacher's.</summary>
internal static class HiddenStateDistance
{
    /// <summary>Keeps a state of length 0 from a division by 0.</summary>
    private const double LeastSquare = 1e-24;

    /// <summary>The teacher's hidden state that a student's learns from: the same relative depth.</summary>
    /// <param name="layer">The student's, 1..N.</param>
    /// <param name="layers">The student's blocks (N).</param>
    /// <param name="teacherLayers">The teacher's blocks (M).</param>
    internal static int TeacherLayer(int layer, int layers, int teacherLayers) =>
        Math.Max(1, (int)Math.Round((double)layer * teacherLayers / layers, MidpointRounding.AwayFromZero));

    /// <summary>1 - cosine, summed over the counted positions, averaged over blocks 1..N: a scalar with a gradient.</summary>
    /// <param name="states">The student's hidden states 0..N, each <c>[B, L, F]</c>; 0 is not looked at.</param>
    /// <param name="taught">The teacher's hidden states 0..M, each <c>[B, L, G]</c>.</param>
    /// <param name="projection">From the student's width to the teacher's, <c>[G, F]</c>; null where they are equal.</param>
    /// <param name="counted">Which positions count, <c>[B, L]</c>, bool.</param>
    internal static Tensor Sum(IReadOnlyList<Tensor?> states, IReadOnlyList<Tensor?> taught, Tensor? projection, Tensor counted)
    {
        using var scope = NewDisposeScope();
        int layers = states.Count - 1;
        var parts = new List<Tensor>(layers);
        for (int layer = 1; layer <= layers; layer++)
        {
            Tensor own = projection is null ? states[layer]! : nn.functional.linear(states[layer]!, projection);
            Tensor other = taught[TeacherLayer(layer, layers, taught.Count - 1)]!;
            Tensor lengths = own.Squared().sum(2).AtLeast(LeastSquare).mul(other.Squared().sum(2).AtLeast(LeastSquare)).sqrt();
            Tensor cosines = own.mul(other).sum(2).div(lengths);
            parts.Add(ones_like(cosines).sub(cosines).mul(counted).sum());
        }

        return stack(parts).mean().MoveToOuterDisposeScope();
    }
}
