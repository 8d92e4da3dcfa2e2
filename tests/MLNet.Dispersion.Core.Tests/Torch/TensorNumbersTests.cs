using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Torch;

public sealed class TensorNumbersTests
{
    private static readonly TimeSpan PressureTime = TimeSpan.FromSeconds(6);

    public static TheoryData<string> Operations() => [.. Table.Keys];

    /// <summary>Each operation on x = (1, -2, 3) and y = (0.5, 4, -8) with the number a, beside the same in plain numbers.</summary>
    private static readonly Dictionary<string, (Func<Tensor, Tensor, double, Tensor> Torch, Func<double, double, double, double> Plain)> Table = new()
    {
        ["Plus tensor"] = ((x, y, a) => x.Plus(y), (x, y, a) => x + y),
        ["PlusInPlace tensor"] = ((x, y, a) => x.PlusInPlace(y), (x, y, a) => x + y),
        ["PlusInPlace factor"] = ((x, y, a) => x.PlusInPlace(y, a), (x, y, a) => x + (a * y)),
        ["Plus"] = ((x, y, a) => x.Plus(a), (x, y, a) => x + a),
        ["PlusInPlace"] = ((x, y, a) => x.PlusInPlace(a), (x, y, a) => x + a),
        ["Minus"] = ((x, y, a) => x.Minus(a), (x, y, a) => x - a),
        ["Times"] = ((x, y, a) => x.Times(a), (x, y, a) => x * a),
        ["TimesInPlace"] = ((x, y, a) => x.TimesInPlace(a), (x, y, a) => x * a),
        ["Over"] = ((x, y, a) => x.Over(a), (x, y, a) => x / a),
        ["OverInPlace"] = ((x, y, a) => x.OverInPlace(a), (x, y, a) => x / a),
        ["Squared"] = ((x, y, a) => x.Squared(), (x, y, a) => x * x),
        ["PlusProductInPlace"] = ((x, y, a) => x.PlusProductInPlace(y, y, a), (x, y, a) => x + (a * y * y)),
        ["PlusQuotientInPlace"] = ((x, y, a) => x.PlusQuotientInPlace(y, y, a), (x, y, a) => x + a),
        ["Clamped"] = ((x, y, a) => x.Clamped(-a, a), (x, y, a) => Math.Clamp(x, -a, a)),
        ["ClampInPlace"] = ((x, y, a) => x.ClampInPlace(-a, a), (x, y, a) => Math.Clamp(x, -a, a)),
        ["AtLeast"] = ((x, y, a) => x.AtLeast(a), (x, y, a) => Math.Max(x, a)),
        ["Masked"] = ((x, y, a) => x.Masked(y.Is(4), a), (x, y, a) => y == 4 ? a : x),
        ["MaskInPlace"] = ((x, y, a) => x.MaskInPlace(y.Is(4), a), (x, y, a) => y == 4 ? a : x),
        ["FillInPlace"] = ((x, y, a) => x.FillInPlace(a), (x, y, a) => a),
        ["Is"] = ((x, y, a) => x.Is(a).to(ScalarType.Float64), (x, y, a) => x == a ? 1 : 0),
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_GivesThePlainResult(string name) => Check(name, 0.25);

    /// <summary>Long enough for the compiler's optimised code to run, which forgets a number's handle as early as it may.</summary>
    [Fact]
    public void Arithmetic_WhileGarbageIsCollected_IsExact()
    {
        using var pressure = new CollectorPressure();
        var watch = Stopwatch.StartNew();
        for (int i = 1; watch.Elapsed < PressureTime; i++)
        {
            using var scope = NewDisposeScope();
            Tensor value = tensor([0.25]);
            for (int k = 0; k < 200; k++)
            {
                value = value.Plus(0.5).Times(2).Minus(0.5).Over(2).Minus(0.25).Plus(value).Over(2);
            }

            Assert.Equal(0.25, value.item<double>());
        }
    }

    private static void Check(string name, double a)
    {
        var (operation, plain) = Table[name];
        double[] x = [1, -2, 3], y = [0.5, 4, -8];
        using var scope = NewDisposeScope();

        double[] result = [.. operation(tensor(x), tensor(y), a).data<double>()];

        for (int k = 0; k < x.Length; k++)
        {
            Assert.True(Math.Abs(result[k] - plain(x[k], y[k], a)) < 1e-9, $"{name} with a = {a}: entry {k} is {result[k]}, expected {plain(x[k], y[k], a)}");
        }
    }
}
