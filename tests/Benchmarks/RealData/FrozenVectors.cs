using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Models;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>What a model that is not trained further says of texts.</summary>
internal sealed class FrozenVectors(ModelSource source)
{
    private const int MostTokens = 128;
    private const int FirstTokens = 2;
    private readonly PretrainedLanguageModel _model = PretrainedLanguageModel.Load(source);
    private readonly Dictionary<string, (float[] Mean, float[] First)> _known = [];

    /// <summary>The mean of a text's tokens, each feature with mean 0 and deviation 1 over the training rows, and the unit vectors of its first two tokens times a weight.</summary>
    public Featurizer With(float weightOfFirstTokens) => (ml, train, test) =>
    {
        float[][] means = [.. train.Select(row => Of(row.Text).Mean)];
        int size = means[0].Length;
        float[] middle = [.. Enumerable.Range(0, size).Select(feature => means.Average(mean => mean[feature]))];
        float[] scale = [.. Enumerable.Range(0, size).Select(feature => 1 / MathF.Sqrt(size * Math.Max(1e-12f, means.Average(mean => (mean[feature] - middle[feature]) * (mean[feature] - middle[feature])))))];
        VectorRow Row(LabelledText row)
        {
            var (mean, first) = Of(row.Text);
            return new() { Label = row.Label, Features = [.. mean.Select((value, feature) => (value - middle[feature]) * scale[feature]), .. first.Select(value => value * weightOfFirstTokens)] };
        }

        var schema = SchemaDefinition.Create(typeof(VectorRow));
        schema[nameof(VectorRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, (1 + FirstTokens) * size);
        IDataView rows = ml.Data.LoadFromEnumerable(train.Select(Row).ToArray(), schema), others = ml.Data.LoadFromEnumerable(test.Select(Row).ToArray(), schema);
        ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows);
        return (keys.Transform(rows), keys.Transform(others));
    };

    private (float[] Mean, float[] First) Of(string text)
    {
        if (!_known.TryGetValue(text, out var found))
        {
            _known.Add(text, found = Read(text));
        }

        return found;
    }

    private (float[] Mean, float[] First) Read(string text)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int[] ids = _model.Tokenizer.Encode(text, MostTokens).Ids;
        Tensor states = _model.Backbone.Forward(tensor([.. ids.Select(id => (long)id)], [1, ids.Length]), null, HiddenStateSelection.None).LastHiddenState[0];
        int features = (int)states.shape[1], inner = Math.Min(FirstTokens, Math.Max(0, ids.Length - 2));
        var first = new float[FirstTokens * features];
        if (inner > 0)
        {
            nn.functional.normalize(states.narrow(0, 1, inner), dim: 1).reshape(-1).data<float>().ToArray().CopyTo(first, 0);
        }

        return (states.mean([0]).data<float>().ToArray(), first);
    }

    private sealed class VectorRow
    {
        public string Label { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}
