using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class RunningMomentsTests
{
    [Fact]
    public void Add_Batches_AveragesTheirOrdinaryTokens()
    {
        using var scope = NewDisposeScope();
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageBackbone backbone = model.Backbone;
        int features = backbone.Info.HiddenSize;
        const double Rate = 0.4;
        using var moments = new RunningMoments(new DispersionOptions { Centering = DispersionCentering.Running, MomentRate = Rate, Layers = LayerSelection.Last }, backbone, CPU);
        using var generator = new Generator(2, CPU);
        Tensor mask = tensor(new[] { true, true, true, true, true, false, true, true, true, true }, 2, 5);
        double[] mean = new double[features], square = new double[features];
        CoordinateMoments last = null!;
        for (int batch = 1; batch <= 4; batch++)
        {
            Tensor states = randn([2, 5, features], generator: generator).add(3);
            states[0, 0] *= 100;
            states[1, 0] = float.NaN;
            Tensor?[] layers = new Tensor?[backbone.Info.LayerCount + 1];
            layers[^1] = states;
            last = moments.Add(layers, mask)![^1]!;

            // The first token of the first text is an attention sink, that of the second a pad.
            double[][] rows = [.. from text in Enumerable.Range(0, 2) from token in Enumerable.Range(1, 4) select states[text, token].data<float>().Select(value => (double)value).ToArray()];
            double weight = Math.Max(Rate, 1.0 / batch);
            for (int f = 0; f < features; f++)
            {
                mean[f] = ((1 - weight) * mean[f]) + (weight * rows.Average(row => row[f]));
                square[f] = ((1 - weight) * square[f]) + (weight * rows.Average(row => row[f] * row[f]));
            }
        }

        Assert.All(mean.Zip(last.Mean.data<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
        Assert.All(square.Zip(mean, last.Deviation.data<double>()), figures => Assert.Equal(Math.Sqrt(figures.First - (figures.Second * figures.Second)), figures.Third, 1e-7));
    }

    [Fact]
    public void Add_WhereNoneAreNeeded_KeepsNothing()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageBackbone backbone = model.Backbone;
        foreach (DispersionOptions options in (DispersionOptions[])[new(), new() { Centering = DispersionCentering.Sequence }, new() { Centering = DispersionCentering.Running, Coefficient = 0 }])
        {
            using var moments = new RunningMoments(options, backbone, CPU);
            Assert.Empty(moments.Tensors);
            Assert.Null(moments.Add([], null));
        }
    }
}
