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

    /// <summary>Rows of a table that no gradient has reached so far cost nothing but their decay; what comes out is the same, bit for bit, as where everything is gone through.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void Step_GradientsOfAFewRows_EqualThoseOfAllRowsBitForBit(double decay)
    {
        const int Rows = 700, Features = 200, Steps = 6, ClearedBefore = 4;
        const double Rate = 1e-2, Scale = 0.5;
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        Tensor start = randn([Rows, Features], generator: generator);
        using var parameter = new Parameter(start.clone().DetachFromDisposeScope());
        using var optimizer = new DecoupledAdamW(0.9, 0.95, 1e-8);
        optimizer.Add("table", parameter, decay);
        Tensor expected = start.clone(), first = zeros_like(start), second = zeros_like(start);
        var random = new Random(2);

        for (int step = 1; step <= Steps; step++)
        {
            if (step == ClearedBefore)
            {
                optimizer.ClearMoments(parameter);
                optimizer.CountFrom(parameter, step - 1);
                first.zero_();
                second.zero_();
            }

            Tensor gradient = zeros_like(start);
            foreach (int row in new[] { 0, random.Next(Rows), random.Next(Rows), step == 2 ? Rows - 1 : 1 })
            {
                gradient[row] = randn([Features], generator: generator);
            }

            // Minus zero is zero too.
            gradient[Rows / 2] = full([Features], -0.0f);
            parameter.grad = gradient;
            optimizer.Step(Rate, Scale);
            int age = step < ClearedBefore ? step : step - ClearedBefore + 1;
            new AdamWKernel(0.9, 0.95, 1e-8, Math.Sqrt(1 - Math.Pow(0.95, age)), Scale).Update(expected, gradient, first, second, null, 1 - (Rate * decay), Rate / (1 - Math.Pow(0.9, age)));
            Assert.Equal(Bits(expected), Bits(parameter));
            Assert.Equal(Bits(first), Bits(optimizer.Memory.Single(part => part.Key == "table.exp_avg").Value));
            Assert.Equal(Bits(second), Bits(optimizer.Memory.Single(part => part.Key == "table.exp_avg_sq").Value));
        }

        static int[] Bits(Tensor values) => Array.ConvertAll(values.data<float>().ToArray(), BitConverter.SingleToInt32Bits);
    }

    /// <summary>State that comes from a checkpoint has moved where it has: a row whose gradient is 0 from then on goes on by its moments.</summary>
    [Fact]
    public void Step_StateOfAnotherRun_IsNotTakenForZero()
    {
        using var scope = NewDisposeScope();
        using var parameter = new Parameter(ones(600).DetachFromDisposeScope());
        using var optimizer = new DecoupledAdamW(0.9, 0.95, 1e-8);
        optimizer.Add("weight", parameter, weightDecay: 0);
        parameter.grad = zeros(600);
        optimizer.Step(0.1);
        foreach (var (_, value) in optimizer.Memory)
        {
            value.fill_(0.25);
        }

        optimizer.StepCount = 3;
        optimizer.Step(0.1);

        Assert.All(parameter.data<float>().ToArray(), weight => Assert.True(weight < 0.99f));
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
