using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>A labelled text with columns of other types to pass through.</summary>
public sealed class TextRow
{
    public string? Text { get; set; } = "";

    public string? Label { get; set; } = "";

    public float Id { get; set; }

    [VectorType(2)]
    public float[] Pair { get; set; } = [0, 0];
}

/// <summary>What scoring adds.</summary>
public sealed class ScoredText
{
    public float Id { get; set; }

    public string? Text { get; set; }

    public float[] Score { get; set; } = [];

    public uint PredictedLabel { get; set; }
}

/// <summary>The same after MapKeyToValue.</summary>
public sealed class NamedPrediction
{
    public string? Text { get; set; }

    public float[] Score { get; set; } = [];

    public string? PredictedLabel { get; set; }
}

internal static class Rows
{
    internal static readonly string[] ClassNames = ["animals", "colours", "numbers"];

    private static readonly string[][] Words =
    [
        ["cat", "dog", "horse", "mouse", "sheep"],
        ["red", "green", "blue", "white", "black"],
        ["one", "two", "three", "four", "five"],
    ];

    /// <summary>Texts of a few words of their class, lengths varied, classes in turn.</summary>
    internal static List<TextRow> Labelled(int count, int seed = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            string[] words = Words[i % Words.Length];
            string text = string.Join(' ', Enumerable.Range(0, 1 + random.Next(9)).Select(_ => words[random.Next(words.Length)]));
            return new TextRow { Id = i, Text = text, Label = ClassNames[i % Words.Length], Pair = [i, -i] };
        })];
    }

    internal static IDataView View(MLContext ml, int count) => ml.Data.LoadFromEnumerable(Labelled(count));

    internal static ClassifierColumns Columns { get; } = new("Label", "Text", null, "Score", "PredictedLabel");

    /// <summary>A transformer over a fake model of three classes with the class names above.</summary>
    internal static FineTuneWithDispersionTransformer Transformer(MLContext ml, FakeScorer scorer)
    {
        IDataView data = ml.Data.LoadFromEnumerable(ClassNames.Select(name => new TextRow { Label = name }));
        DataViewSchema.Column label = ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data).Schema["Label"];
        return new FineTuneWithDispersionTransformer(ml, Columns, "Fake", ClassValues.Of(label, ClassNames.Length), scorer);
    }
}
