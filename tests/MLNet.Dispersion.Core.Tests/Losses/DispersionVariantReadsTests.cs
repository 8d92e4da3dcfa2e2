using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>The table of what each form reads against the losses themselves.</summary>
public sealed class DispersionVariantReadsTests
{
    private static readonly Dictionary<string, Action<DispersionOptions>> Numbers = new()
    {
        [nameof(DispersionOptions.TauCos)] = options => options.TauCos = 0.3,
        [nameof(DispersionOptions.TauL2)] = options => options.TauL2 = 0.3,
        [nameof(DispersionOptions.Margin)] = options => options.Margin = 0.7,
        [nameof(DispersionOptions.Epsilon)] = options => options.Epsilon = 0.4,
        [nameof(DispersionOptions.ClampThreshold)] = options => options.ClampThreshold = 0.6,
    };

    public static TheoryData<DispersionVariant> Variants() => [.. Enum.GetValues<DispersionVariant>()];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Reads_IsWhatMovesTheLoss(DispersionVariant variant)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Tensor states = randn([2, 6, 4], generator: generator).add(0.8);
        double before = Loss(states, new DispersionOptions { Variant = variant });

        string[] moved = [.. Numbers.Where(number =>
        {
            var options = new DispersionOptions { Variant = variant };
            number.Value(options);
            return !Loss(states, options).Equals(before);
        }).Select(number => number.Key)];

        Assert.Equal(variant.Reads().Order(), moved.Order());
    }

    [Fact]
    public void Numbers_AreAllOfTheOptions() =>
        Assert.Equal(Numbers.Keys.Append(nameof(DispersionOptions.Coefficient)).Append(nameof(DispersionOptions.MomentRate)).Order(), typeof(DispersionOptions).GetProperties().Where(property => property.PropertyType == typeof(double)).Select(property => property.Name).Order());

    [Fact]
    public void Reads_UnknownVariant_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => ((DispersionVariant)9).Reads());

    private static double Loss(Tensor states, DispersionOptions options) => DispersionLoss.Compute(states, null, options).item<float>();
}
