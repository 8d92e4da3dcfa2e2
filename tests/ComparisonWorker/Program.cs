using System.Globalization;
using Microsoft.ML;

// One of several processes that make one comparison together: place (a file, a connection string, or "memory"), study, folder, own name, how many processes.
// When all are ready, as their files in the folder say, it trains what is left for it, and writes how many trainings it made and what the whole comparison says.
(string place, string study, string folder, string name) = (args[0], args[1], args[2], args[3]);
var ml = new MLContext(seed: 1);
var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    .FineTuneWithDispersion(ml, options: new() { Epochs = 1, MaxSteps = 2, MicroBatchSize = 8, GeometryProbe = null, MaxSequenceLength = 8, LearningRate = 1e-3 });
int trained = 0;
var options = new ComparisonOptions
{
    Seeds = 3,
    GeometryTexts = 0,
    Progress = new Told(progress => trained += progress.HasEnded ? 1 : 0),
    OpenStorage = async (definition, cancellation) => (place, definition with { Name = study }) switch
    {
        ("memory", var own) => await SqliteStudyStorage.OpenInMemoryAsync(own, cancellation),
        (_, var own) when place.Contains('=', StringComparison.Ordinal) => await PostgreSqlStudyStorage.OpenAsync(place, own, cancellationToken: cancellation),
        (_, var own) => await SqliteStudyStorage.OpenAsync(place, own, cancellation),
    },
};
await File.WriteAllTextAsync(Path.Combine(folder, name + ".ready"), "");
while (Directory.GetFiles(folder, "*.ready").Length < int.Parse(args[4], CultureInfo.InvariantCulture))
{
    await Task.Delay(10);
}

ComparisonResult result = await ml.Dispersion().CompareAsync(pipeline, Rows(24, "train"), Rows(20, "test"), options);
await File.WriteAllLinesAsync(Path.Combine(folder, name + ".txt"), [trained.ToString(CultureInfo.InvariantCulture), $"{result.Verdict}", $"{result["log-loss"].Verdict}", $"{result.Plan}"]);

IDataView Rows(int count, string word) => ml.Data.LoadFromEnumerable(
    Enumerable.Range(0, count).Select(i => new Row { Text = $"the {word} {(i % 2 == 0 ? "sun shone over" : "rain fell on")} house {i}", Label = i % 2 == 0 ? "a" : "b" }));

internal sealed class Row
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}

internal sealed class Told(Action<ComparisonProgress> tell) : IProgress<ComparisonProgress>
{
    public void Report(ComparisonProgress value) => tell(value);
}
