using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class TrainingGeneratorsTests
{
    /// <summary>Three normal numbers first: the algorithm makes them in pairs and keeps the odd one for later.</summary>
    [Fact]
    public void Restore_SavedState_DrawsTheSameAgain()
    {
        using var scope = NewDisposeScope();
        using var generators = new TrainingGenerators(5);
        Generator noise = generators.Add("noise", SeedStream.Dropout, CPU);
        Draw(noise);
        Tensor saved = generators.States().Single().Value;

        float[] first = Draw(noise);
        generators.Restore("noise", saved);

        Assert.Equal(first, Draw(noise));
        Assert.NotEqual(first, Draw(noise));
    }

    [Fact]
    public void Add_OfTwoStreams_DrawsIndependently()
    {
        using var scope = NewDisposeScope();
        using var generators = new TrainingGenerators(5);

        Assert.NotEqual(Draw(generators.Add("one", SeedStream.Dropout, CPU)), Draw(generators.Add("another", SeedStream.TokenSubsampling, CPU)));
        Assert.Equal(["another", "one"], generators.Names);
    }

    [Fact]
    public void Add_NameTwice_Throws()
    {
        using var generators = new TrainingGenerators(5);
        generators.Add("noise", SeedStream.Dropout, CPU);

        Assert.Contains("'noise'", Assert.Throws<ArgumentException>(() => generators.Add("noise", SeedStream.Head, CPU)).Message, StringComparison.Ordinal);
    }

    private static float[] Draw(Generator generator) =>
        [.. zeros(3).normal_(0, 1, generator).data<float>(), .. zeros(5).uniform_(0, 1, generator).data<float>(), .. randperm(7, generator: generator).to(ScalarType.Float32).data<float>()];
}
