using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion.Benchmarks.SentencePairs;

/// <summary>Two sentences and how alike people found them, 0..1.</summary>
internal sealed class ScoredPair
{
    public string Text { get; set; } = "";

    public string SecondText { get; set; } = "";

    public float Label { get; set; }

    /// <summary>Reads a file of STS-B, whose scores go up to 5.</summary>
    public static ScoredPair[] Read(string path) =>
        [.. Table.Read(path, "score", "sentence1", "sentence2").Select(row => new ScoredPair { Label = float.Parse(row[0], CultureInfo.InvariantCulture) / 5, Text = row[1], SecondText = row[2] })];
}

/// <summary>STS-B.</summary>
internal static class Similarity
{
    public static void Run(string model, string data, int seeds, int? epochs, double? rate, EmbeddingLoss loss)
    {
        ScoredPair[] train = ScoredPair.Read(Path.Combine(data, "train.tsv")), dev = ScoredPair.Read(Path.Combine(data, "dev.tsv"));
        ModelSource source = ModelSource.FromDirectory(model);
        Console.WriteLine($"{Path.GetFileName(model)}, {train.Length} pairs to train on, {dev.Length} to test on, {loss}; Spearman's rho");
        var ml = new MLContext(seed: 0);
        double before;
        using (var frozen = ml.OpenTextEmbedder(source))
        {
            before = ml.EvaluateSimilarity(frozen.Transform(ml.Data.LoadFromEnumerable(dev))).Spearman;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  frozen   {before:0.0000}"));
        var after = new List<double>();
        for (int seed = 1; seed <= seeds; seed++)
        {
            var options = new FineTuneOptions { Seed = seed, Epochs = epochs, LearningRate = rate, Dispersion = { Coefficient = 0 } };
            using var fitted = ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: source, options: options, embedding: new EmbeddingOptions { Loss = loss }, labelColumnName: "Label").Fit(ml.Data.LoadFromEnumerable(train));
            after.Add(ml.EvaluateSimilarity(fitted.Transform(ml.Data.LoadFromEnumerable(dev))).Spearman);
            FineTuneResult result = fitted.TrainingResult!;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  seed {seed}   {after[^1]:0.0000}   {result.Numbers?.Epochs} epochs, rate {result.LearningRate:0.##E+0}, {result.Elapsed.TotalSeconds:0} s"));
        }

        if (seeds > 1)
        {
            Interval gain = MeanInterval.T([.. after.Select(rho => rho - before)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  mean     {after.Average():0.0000}   better than frozen by {gain.Estimate:0.0000} (95 % over seeds: {gain.Lower:0.0000} to {gain.Upper:0.0000})"));
        }
    }
}
