using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

public sealed class PreferenceLossesTests
{
    [Theory]
    [InlineData(PreferenceLoss.Sigmoid)]
    [InlineData(PreferenceLoss.Robust)]
    [InlineData(PreferenceLoss.Hinge)]
    [InlineData(PreferenceLoss.Ipo)]
    [InlineData(PreferenceLoss.SigmoidOfMeans)]
    public void Of_SomePairs_IsTheFormulas(PreferenceLoss loss)
    {
        using var scope = NewDisposeScope();
        float[] chosen = [1.5f, -40, 0, 3], rejected = [-2, 40, 0, 2.5f], chosenTokens = [3, 10, 1, 2], rejectedTokens = [4, 5, 1, 7];
        const double beta = 0.7, smoothing = 0.2;

        float[] found = PreferenceLosses.Of(loss, tensor(chosen), tensor(rejected), tensor(chosenTokens), tensor(rejectedTokens), beta, smoothing).data<float>().ToArray();

        for (int i = 0; i < found.Length; i++)
        {
            double sum = chosen[i] - rejected[i], mean = (chosen[i] / chosenTokens[i]) - (rejected[i] / rejectedTokens[i]);
            double expected = loss switch
            {
                PreferenceLoss.Sigmoid => Softplus(-beta * sum),
                PreferenceLoss.Robust => (((1 - smoothing) * Softplus(-beta * sum)) - (smoothing * Softplus(beta * sum))) / (1 - (2 * smoothing)),
                PreferenceLoss.Hinge => Math.Max(0, 1 - (beta * sum)),
                PreferenceLoss.Ipo => Math.Pow(mean - (1 / (2 * beta)), 2),
                _ => Softplus(-beta * mean),
            };
            Assert.Equal(expected, found[i], 1e-5 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Fact]
    public void Of_Supervised_IsRefused()
    {
        using Tensor one = ones(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => PreferenceLosses.Of(PreferenceLoss.Supervised, one, one, one, one, 0.1));
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
