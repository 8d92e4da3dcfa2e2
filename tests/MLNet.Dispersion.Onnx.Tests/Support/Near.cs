using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests;

/// <summary>Compares tensors.</summary>
internal static class Near
{
    /// <summary>The largest difference, at the tokens that are real.</summary>
    public static double Distance(Tensor expected, Tensor actual, Tensor? mask = null)
    {
        Assert.Equal(expected.shape, actual.shape);
        Tensor difference = (expected - actual).abs();
        if (mask is not null && expected.dim() >= 2)
        {
            difference = difference.flatten(0, 1).index_select(0, mask.flatten().nonzero().flatten());
        }

        return difference.max().item<float>();
    }

    public static void Check(string what, Tensor expected, Tensor actual, Tensor? mask, double tolerance)
    {
        double distance = Distance(expected, actual, mask);
        Assert.True(distance <= tolerance, $"{what}: absolute error {distance:E2}, allowed {tolerance:E2}");
    }
}
