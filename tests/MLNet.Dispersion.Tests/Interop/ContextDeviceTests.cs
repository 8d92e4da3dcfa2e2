using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Interop;

/// <summary>MLContext.GpuDeviceId and FallbackToCpu, as far as they can be seen without a GPU.</summary>
public sealed class ContextDeviceTests
{
    // A GPU that no machine has.
    private const int Missing = 999;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_TheContextAndWhatItMakes_SeesWhatWasSetAtAnyTime(bool fallback)
    {
        var ml = new MLContext(seed: 1);
        IHostEnvironment host = ((IHostEnvironment)ml).Register("before"), catalog = CatalogEnvironment.Of(ml.MulticlassClassification.Trainers);
        Assert.All((IHostEnvironment[])[ml, host, catalog], environment => Assert.Null(HostDevice.Of(environment).GpuDeviceId));

        (ml.GpuDeviceId, ml.FallbackToCpu) = (Missing, fallback);

        Assert.All((IHostEnvironment[])[ml, host, catalog, ((IHostEnvironment)ml).Register("after")], environment => Assert.Equal(new HostDevice(Missing, fallback), HostDevice.Of(environment)));
    }

    [Theory]
    [InlineData("auto", null, false, "auto", 0)]
    [InlineData("auto", 1, false, "cuda:1", 0)]
    [InlineData(" AUTO ", 1, true, "cuda:1", 0)]
    [InlineData("cpu", 1, false, "cpu", 0)]
    [InlineData("cuda:0", 1, false, "cuda:0", 0)]
    [InlineData("auto", Missing, true, "cpu", 1)]
    public void Choose_OptionsFirstThenTheContext(string asked, int? gpu, bool fallback, string expected, int warnings)
    {
        var warned = new List<string>();

        Assert.Equal(expected, ContextDevice.Choose(asked, new HostDevice(gpu, fallback), Require, warned.Add));

        Assert.Equal(warnings, warned.Count);
        Assert.All(warned, line => Assert.Contains("MLContext.GpuDeviceId is 999", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_GpuThatIsNotThere_IsRefusedOrReplacedAsTheContextSays()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = Missing, FallbackToCpu = false };
        FineTuneOptions options = Tuning.Brief();
        options.Device = "auto";
        IDataView data = Tuning.KeyedRows(ml, 12);
        FineTuneWithDispersionEstimator estimator = ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options);

        string refused = Assert.Throws<TorchUnavailableException>(() => estimator.Fit(data)).Message;

        Assert.Contains("MLContext.GpuDeviceId is 999, and that device cannot be used. The device 'cuda:999' is not available", refused, StringComparison.Ordinal);
        Assert.Contains("set MLContext.FallbackToCpu to true", refused, StringComparison.Ordinal);
        Assert.Throws<TorchUnavailableException>(() => ml.Transforms.Text.ApplyLanguageModel("Text", TinyBackbone.Backbone).Fit(data));
        Assert.Throws<TorchUnavailableException>(() => ml.OpenTextEmbedder(TinyBackbone.Backbone));
        ml.FallbackToCpu = true;
        var warnings = new List<string>();
        ml.Log += (_, line) =>
        {
            if (line.Kind == ChannelMessageKind.Warning && line.RawMessage.Contains("GpuDeviceId", StringComparison.Ordinal))
            {
                warnings.Add(line.RawMessage);
            }
        };
        using var model = estimator.Fit(data);
        Assert.Contains("the CPU is used instead", Assert.Single(warnings), StringComparison.Ordinal);
        using var zip = new TemporaryFile();
        ml.Model.Save(model, data.Schema, zip.Path);
        ml.FallbackToCpu = false;
        Assert.Contains("GpuDeviceId", Messages(Assert.ThrowsAny<Exception>(() => ml.Model.Load(zip.Path, out _))), StringComparison.Ordinal);
    }

    private static void Require(string device)
    {
        if (device == "cuda:999")
        {
            throw new TorchUnavailableException("It is not there.");
        }
    }

    private static string Messages(Exception? error) => error is null ? "" : error.Message + Messages(error.InnerException);
}
