using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

public sealed class DispersionCenteringTests
{
    public static TheoryData<DispersionVariant, DispersionCentering, bool> Cases()
    {
        var cases = new TheoryData<DispersionVariant, DispersionCentering, bool>();
        foreach (DispersionVariant variant in Enum.GetValues<DispersionVariant>())
        {
            foreach (DispersionCentering centering in Enum.GetValues<DispersionCentering>())
            {
                cases.Add(variant, centering, false);
                cases.Add(variant, centering, true);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_AnyCentering_IsTheLossOfTheStatesSoTreated(DispersionVariant variant, DispersionCentering centering, bool scale)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(3, 7, 6);
        Tensor mask = DispersionSamples.Mask(7, 7, 4, 1);
        states[1, 5] = double.NaN;
        CoordinateMoments moments = Moments();
        DispersionOptions options = Options(variant, centering, scale);

        double loss = DispersionRegularizer.Compute([null, states], mask, options, null, [null, moments]).item<double>();

        double[] mean = [.. moments.Mean.data<double>()], deviation = [.. moments.Deviation.data<double>()];
        double[][][] treated = [.. DispersionSamples.ToArrays(states, mask).Select(text => text.Select(row => row.Select((value, f) =>
            (value - (centering switch { DispersionCentering.Sequence => text.Average(other => other[f]), DispersionCentering.Running => mean[f], _ => 0 })) / (scale && deviation[f] > 0 ? deviation[f] : 1)).ToArray()).ToArray())];
        Assert.Equal(NaiveDispersion.Batch(treated, options), loss, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_AnyCentering_HasTheGradientOfFiniteDifferences(DispersionVariant variant, DispersionCentering centering, bool scale)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 5, 4, seed: 7).requires_grad_();
        Tensor mask = DispersionSamples.Mask(5, 5, 3);
        CoordinateMoments moments = Moments(4);

        // Without a clamp, whose slope is by design another than that of the value.
        DispersionOptions options = Options(variant, centering, scale);
        options.ClampThreshold = 0;
        DispersionRegularizer.Compute([null, states], mask, options, null, [null, moments]).backward();

        using var noGrad = no_grad();
        const double Step = 1e-5;
        double[] gradient = [.. states.grad!.reshape(-1).data<double>()];
        for (int i = 0; i < gradient.Length; i++)
        {
            double Moved(double by)
            {
                Tensor moved = states.detach().clone();
                moved.view(-1)[i] += by;
                return DispersionRegularizer.Compute([null, moved], mask, options, null, [null, moments]).item<double>();
            }

            Assert.Equal((Moved(Step) - Moved(-Step)) / (2 * Step), gradient[i], 1e-6);
        }
    }

    [Fact]
    public void Compute_CommonOffset_CountsForNothingAfterCentring()
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 6, 8, shift: 0);
        Tensor offset = randn(8, ScalarType.Float64) * 50;
        var options = new DispersionOptions { Centering = DispersionCentering.Sequence };
        double Value(Tensor of) => DispersionRegularizer.Compute([null, of], null, options, null).item<double>();

        Assert.Equal(Value(states), Value(states + offset), 1e-9);
        options.Centering = DispersionCentering.None;
        Assert.NotEqual(Value(states), Value(states + offset), 1e-2);
    }

    [Fact]
    public void Compute_MomentsThatAreNeededAndAbsent_SaysSo()
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(2, 6, 8);
        var options = new DispersionOptions { Centering = DispersionCentering.Running };
        Assert.Contains("Hidden state 1", Assert.Throws<ArgumentException>(() => DispersionRegularizer.Compute([null, states], null, options, null)).Message, StringComparison.Ordinal);
        options = new() { ScaleByDeviation = true };
        Assert.Throws<ArgumentException>(() => DispersionRegularizer.Compute([null, states], null, options, null, [null, null]));
    }

    private static DispersionOptions Options(DispersionVariant variant, DispersionCentering centering, bool scale) => new() { Variant = variant, Centering = centering, ScaleByDeviation = scale };

    private static CoordinateMoments Moments(int features = 6)
    {
        double[] deviation = [.. Enumerable.Range(0, features).Select(f => 0.5 * f)];
        return new CoordinateMoments(tensor(Enumerable.Range(0, features).Select(f => 0.3 - (0.1 * f)).ToArray()), tensor(deviation));
    }
}
