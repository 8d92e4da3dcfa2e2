using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

public sealed class AdapterZipTests
{
    [Fact]
    public void Load_LoraModel_ScoresAsBeforeAndIsSmallWithTheAdapterAlone()
    {
        long everything = RoundTrip(AdapterSaving.Everything);
        long adapter = RoundTrip(AdapterSaving.AdapterOnly);

        Assert.True(2 * adapter < everything, $"{adapter} of {everything} bytes");
    }

    [Theory]
    [InlineData(AdapterSaving.Everything)]
    [InlineData(AdapterSaving.AdapterOnly)]
    public void Load_LoraLanguageModel_CarriesTheAdapter(AdapterSaving saving)
    {
        var ml = new MLContext(seed: 1);
        var training = Tuning.Brief();
        training.Lora = new LoraOptions { Rank = 2, Saving = saving };
        training.GeometryProbe = null;
        IDataView data = Rows.View(ml, 24);
        using var model = ml.Transforms.Text.FineTuneLanguageModelWithDispersion(backbone: TinyBackbone.Backbone, training: training).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        using var loaded = (LanguageModelTransformer)new MLContext().Model.Load(stream, out _);

        Assert.Equal(saving, loaded.LanguageModel.Adapter!.Saving);
        Assert.Equal(model.LanguageModel.ComputeWeightHash(), loaded.LanguageModel.ComputeWeightHash());
    }

    private static long RoundTrip(AdapterSaving saving)
    {
        string[] texts = ["a cat", "red and green", "five", ""];
        var ml = new MLContext(seed: 1);
        var options = Tuning.Brief();
        options.Lora = new LoraOptions { Rank = 2, Saving = saving };
        options.GeometryProbe = null;
        IDataView data = Tuning.KeyedRows(ml, 24);
        using FineTuneWithDispersionTransformer model = ml.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        using var loaded = (FineTuneWithDispersionTransformer)new MLContext().Model.Load(stream, out _);

        Assert.Equal(Tuning.Scores(ml, model, texts), Tuning.Scores(ml, loaded, texts));
        Assert.Equal(["c_attn"], loaded.LanguageModel.Adapter!.TargetModules!);
        return stream.Length;
    }
}
