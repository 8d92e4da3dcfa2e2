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
    private const string Frozen = "frozen";

    public static void Run(ModelSource source, string data, RunLines lines, int seeds, int? epochs, double? rate, EmbeddingLoss loss, int? rows)
    {
        ScoredPair[] all = ScoredPair.Read(Path.Combine(data, "train.tsv")), dev = ScoredPair.Read(Path.Combine(data, "dev.tsv"));
        int most = Math.Min(rows ?? all.Length, all.Length);
        string set = FormattableString.Invariant($"{source.Name}, {most} pairs to train on, {dev.Length} to test on, {loss}{(epochs is { } passes ? $", {passes} epochs" : "")}{(rate is { } peak ? $", rate {peak}" : "")}");
        for (int seed = 1; seed <= seeds; seed++)
        {
            int own = seed;
            var ml = new MLContext(seed);
            lines.Do(set, "words in common", seed, () => Statistics.CorrelationMetrics.Of([.. dev.Select(pair => (double)pair.Label)], [.. dev.Select(WordsInCommon)]).Spearman);
            lines.Do(set, Frozen, seed, () =>
            {
                using var frozen = ml.OpenTextEmbedder(source);
                return Rho(frozen);
            });
            lines.Do(set, "trained", seed, () =>
            {
                ScoredPair[] train = [.. all];
                new Random(own).Shuffle(train);
                var options = new FineTuneOptions { Seed = own, Epochs = epochs, LearningRate = rate, Dispersion = { Coefficient = 0 }, GeometryProbe = null };
                using var fitted = ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: source, options: options, embedding: new EmbeddingOptions { Loss = loss }, labelColumnName: "Label").Fit(ml.Data.LoadFromEnumerable(train.Take(most)));
                return Rho(fitted);
            });

            double Rho(ITransformer model) => ml.EvaluateSimilarity(model.Transform(ml.Data.LoadFromEnumerable(dev))).Spearman;
        }

        Console.WriteLine(lines.Table(set, "Spearman's rho", Frozen));
    }

    /// <summary>The share of the words of both sentences that are in both.</summary>
    private static double WordsInCommon(ScoredPair pair)
    {
        HashSet<string> first = Words(pair.Text), second = Words(pair.SecondText);
        return (double)first.Intersect(second).Count() / Math.Max(1, first.Union(second).Count());
    }

    private static HashSet<string> Words(string text) => [.. text.ToLowerInvariant().Split([' ', '.', ',', '"', '?', '!', ';', ':', '(', ')'], StringSplitOptions.RemoveEmptyEntries)];
}
