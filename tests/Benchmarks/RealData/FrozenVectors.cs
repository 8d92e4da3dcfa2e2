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
    private readonly Dictionary<string, Read> _known = [];

    /// <summary>The mean of a text's tokens behind the last layer, the mean of their embeddings below the first times a weight, both from the middle of the training rows and with a root mean square of 1 over them, and the unit vectors of its first two tokens times a weight.</summary>
    public Featurizer With(float weightOfEmbeddings, float weightOfFirstTokens) => (ml, train, test) =>
    {
        Read[] known = [.. train.Select(row => Of(row.Text))];
        Centring mean = Centring.Of([.. known.Select(one => one.Mean)]), embeddings = Centring.Of([.. known.Select(one => one.Embeddings)]);
        VectorRow Row(LabelledText row)
        {
            Read read = Of(row.Text);
            return new() { Label = row.Label, Features = [.. mean.Apply(read.Mean, 1), .. embeddings.Apply(read.Embeddings, weightOfEmbeddings), .. read.First.Select(value => value * weightOfFirstTokens)] };
        }

        var schema = SchemaDefinition.Create(typeof(VectorRow));
        schema[nameof(VectorRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, known[0].Mean.Length + known[0].Embeddings.Length + known[0].First.Length);
        IDataView rows = ml.Data.LoadFromEnumerable(train.Select(Row).ToArray(), schema), others = ml.Data.LoadFromEnumerable(test.Select(Row).ToArray(), schema);
        ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows);
        return (keys.Transform(rows), keys.Transform(others));
    };

    private Read Of(string text)
    {
        if (!_known.TryGetValue(text, out var found))
        {
            _known.Add(text, found = ReadText(text));
        }

        return found;
    }

    private Read ReadText(string text)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int[] ids = _model.Tokenizer.Encode(text, MostTokens).Ids;
        var passed = _model.Backbone.Forward(tensor([.. ids.Select(id => (long)id)], [1, ids.Length]), null, HiddenStateSelection.All);
        Tensor states = passed.LastHiddenState[0];
        int features = (int)states.shape[1], inner = Math.Min(FirstTokens, Math.Max(0, ids.Length - 2));
        var first = new float[FirstTokens * features];
        if (inner > 0)
        {
            nn.functional.normalize(states.narrow(0, 1, inner), dim: 1).reshape(-1).data<float>().ToArray().CopyTo(first, 0);
        }

        return new Read(states.mean([0]).data<float>().ToArray(), passed.HiddenStates[0]!.mean([0, 1]).data<float>().ToArray(), first);
    }

    private sealed record Read(float[] Mean, float[] Embeddings, float[] First);

    /// <summary>Takes rows' middle away and divides by the root mean square of what is left.</summary>
    private sealed record Centring(float[] Middle, float Scale)
    {
        internal static Centring Of(float[][] rows)
        {
            float[] middle = [.. Enumerable.Range(0, rows[0].Length).Select(feature => rows.Average(row => row[feature]))];
            return new Centring(middle, 1 / MathF.Sqrt(rows.Average(row => row.Zip(middle, (value, mean) => (value - mean) * (value - mean)).Sum())));
        }

        internal IEnumerable<float> Apply(float[] row, float weight) => row.Zip(Middle, (value, mean) => (value - mean) * Scale * weight);
    }

    private sealed class VectorRow
    {
        public string Label { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}
