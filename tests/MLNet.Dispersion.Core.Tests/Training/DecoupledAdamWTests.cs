using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class DecoupledAdamWTests
{
    [Fact]
    public void Step_ManySteps_EqualsTheDefinitionInDoubles()
    {
        const double Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8, Decay = 0.1;
        using var scope = NewDisposeScope();
        var random = new Random(3);
        float[] start = [.. Enumerable.Range(0, 6).Select(_ => (float)(random.NextDouble() - 0.5))];
        using var parameter = new Parameter(tensor(start).DetachFromDisposeScope());
        using var optimizer = new DecoupledAdamW(Beta1, Beta2, Epsilon);
        optimizer.Add("weight", parameter, Decay, learningRateMultiplier: 2);
        double[] expected = [.. start.Select(value => (double)value)];
        var first = new double[6];
        var second = new double[6];

        for (int step = 1; step <= 25; step++)
        {
            float[] gradient = [.. Enumerable.Range(0, 6).Select(_ => (float)(random.NextDouble() - 0.3))];
            double rate = 1e-3 * step;
            parameter.grad = tensor(gradient);
            optimizer.Step(rate);
            for (int i = 0; i < expected.Length; i++)
            {
                first[i] = (Beta1 * first[i]) + ((1 - Beta1) * gradient[i]);
                second[i] = (Beta2 * second[i]) + ((1 - Beta2) * gradient[i] * gradient[i]);
                double mean = first[i] / (1 - Math.Pow(Beta1, step));
                double variance = second[i] / (1 - Math.Pow(Beta2, step));
                expected[i] -= 2 * rate * Decay * expected[i];
                expected[i] -= 2 * rate * mean / (Math.Sqrt(variance) + Epsilon);
            }
        }

        float[] actual = parameter.data<float>().ToArray();
        Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(expected[i], actual[i], 2e-6));
    }

    [Fact]
    public void Step_ParameterWithoutGradient_IsLeftAlone()
    {
        using var scope = NewDisposeScope();
        using var parameter = new Parameter(ones(3).DetachFromDisposeScope());
        using var optimizer = new DecoupledAdamW(0.9, 0.95, 1e-8);
        optimizer.Add("weight", parameter, weightDecay: 0.5);

        optimizer.Step(0.1);

        Assert.Equal([1f, 1f, 1f], parameter.data<float>().ToArray());
    }
}
