using Microsoft.ML;

namespace MLNet.Dispersion.Benchmarks.Serving;

/// <summary>A classifier on the embedded backbone in a zip, fitted for one step, since time does not depend on what it has learnt; and texts with what it says of them.</summary>
internal sealed class Subject : IDisposable
{
    private static readonly string[] Words = ["the", "camera", "stopped", "after", "an", "update", "and", "my", "refund", "has", "not", "arrived", "please", "tell", "me", "when", "it", "will", "be", "sent"];
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-serving-").FullName;

    internal Subject()
    {
        var random = new Random(1);
        Texts = [.. Enumerable.Range(0, 64).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(6, 40)).Select(_ => Words[random.Next(Words.Length)])))];
        var options = new FineTuneOptions { MaxSteps = 1, ValidationFraction = 0, Dispersion = { Coefficient = 0 }, GeometryProbe = null, Device = "cpu" };
        IDataView rows = Ml.Data.LoadFromEnumerable(Texts.Select((text, i) => new Row { Text = text, Label = $"class {i % 4}" }));
        using var fitted = Ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(Ml, options: options)
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(rows);
        Ml.Model.Save(fitted, rows.Schema, Path);
        using var engine = NewEngine();
        Labels = [.. Texts.Select(text => engine.Predict(new Row { Text = text }).PredictedLabel)];
    }

    internal MLContext Ml { get; } = new(seed: 1);

    internal string Path => System.IO.Path.Combine(_folder, "tickets.zip");

    internal IReadOnlyList<string> Texts { get; }

    /// <summary>What a bare engine says of each text.</summary>
    internal IReadOnlyList<string> Labels { get; }

    internal PredictionEngine<Row, Prediction> NewEngine() => Ml.Model.CreatePredictionEngine<Row, Prediction>(Ml.Model.Load(Path, out _));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>A row.</summary>
internal sealed class Row
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>What is said of it.</summary>
internal sealed class Prediction
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];
}
