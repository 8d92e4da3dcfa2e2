using Microsoft.ML;
using Microsoft.ML.Transforms;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>A tiny trained pipeline (label to key, classifier, key to text), trained once for the tests that save it.</summary>
public sealed class TrainedModel : IDisposable
{
    public TrainedModel()
    {
        Data = Rows.View(Ml, 60);
        Chain = Ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(Ml, backbone: TinyBackbone.Backbone, options: Tuning.Options(epochs: 3))
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(Data);
        Alone = Chain.OfType<FineTuneWithDispersionTransformer>().Single();
    }

    public MLContext Ml { get; } = new(seed: 1);

    public IDataView Data { get; }

    /// <summary>The classifier in the middle of a chain.</summary>
    public TransformerChain<KeyToValueMappingTransformer> Chain { get; }

    /// <summary>The classifier alone; the chain owns it.</summary>
    public FineTuneWithDispersionTransformer Alone { get; }

    public void Dispose() => Chain.Dispose();
}
