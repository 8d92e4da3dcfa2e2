using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Benchmarks.SentencePairs;

/// <summary>A text and its class.</summary>
internal sealed class LabelledText
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>Few rows a class.</summary>
internal static class FewRows
{
    public static void Run(string model, string data, int seeds, int? epochs, double? rate, int perClass, int testRows)
    {
        LabelledText[] all = Read(Path.Combine(data, "train.tsv"));
        LabelledText[] test = [.. Read(Path.Combine(data, "validation.tsv")).Take(testRows)];
        ModelSource source = ModelSource.FromDirectory(model);
        Console.WriteLine($"{Path.GetFileName(model)}, {Path.GetFileName(data)}, {perClass} rows a class, {test.Length} test rows; accuracy");
        Console.WriteLine("  seed   frozen + linear   pairs + linear   fine-tuned");
        var frozen = new List<double>();
        var pairs = new List<double>();
        var tuned = new List<double>();
        for (int seed = 1; seed <= seeds; seed++)
        {
            var ml = new MLContext(seed);
            var random = new Random(seed);
            LabelledText[] shuffled = [.. all];
            random.Shuffle(shuffled);
            LabelledText[] rows = [.. shuffled.GroupBy(row => row.Label).SelectMany(group => group.Take(perClass))];
            IDataView train = ml.Data.LoadFromEnumerable(rows), held = ml.Data.LoadFromEnumerable(test);
            using (var plain = ml.OpenTextEmbedder(source))
            {
                frozen.Add(Linear(ml, plain, train, held));
            }

            var options = new FineTuneOptions { Seed = seed, Epochs = epochs ?? 1, LearningRate = rate, Dispersion = { Coefficient = 0 } };
            using (var embedder = ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: source, options: options, embedding: new EmbeddingOptions { Loss = EmbeddingLoss.CosineSimilarity }, labelColumnName: "Label").Fit(ml.Data.LoadFromEnumerable(Pairs(rows, random))))
            {
                pairs.Add(Linear(ml, embedder, train, held));
            }

            var whole = ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml, backbone: source, options: new FineTuneOptions { Seed = seed, Dispersion = { Coefficient = 0 } }).Fit(train);
            tuned.Add(ml.MulticlassClassification.Evaluate(whole.Transform(held)).MicroAccuracy);
            whole.Dispose();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {seed,4}   {frozen[^1],15:0.000}   {pairs[^1],14:0.000}   {tuned[^1],10:0.000}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  mean   {frozen.Average(),15:0.000}   {pairs.Average(),14:0.000}   {tuned.Average(),10:0.000}"));
        if (seeds > 1)
        {
            Say("pairs + linear over frozen + linear", frozen);
            Say("pairs + linear over fine-tuned", tuned);
        }

        void Say(string what, List<double> others)
        {
            Interval gain = MeanInterval.T([.. pairs.Zip(others, (own, other) => own - other)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what}: {gain.Estimate:+0.000;-0.000} (95 % over seeds: {gain.Lower:+0.000;-0.000} to {gain.Upper:+0.000;-0.000})"));
        }
    }

    private static LabelledText[] Read(string path) => [.. Table.Read(path, "label", "text").Select(row => new LabelledText { Label = row[0], Text = row[1] })];

    /// <summary>Each row with twenty others of its class and twenty of other classes, as far as there are.</summary>
    private static List<ScoredPair> Pairs(LabelledText[] rows, Random random)
    {
        const int Each = 20;
        var pairs = new List<ScoredPair>();
        foreach (LabelledText row in rows)
        {
            foreach (bool alike in new[] { true, false })
            {
                LabelledText[] others = [.. rows.Where(other => !ReferenceEquals(other, row) && other.Label == row.Label == alike)];
                random.Shuffle(others);
                pairs.AddRange(others.Take(Each).Select(other => new ScoredPair { Text = row.Text, SecondText = other.Text, Label = alike ? 1 : 0 }));
            }
        }

        return pairs;
    }

    private static double Linear(MLContext ml, FineTuneEmbeddingsWithDispersionTransformer embedder, IDataView train, IDataView test)
    {
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.Text.TextEmbedding("Features", "Text", embedder))
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l2Regularization: 0.1f, l1Regularization: 0));
        TransformerChain<MulticlassPredictionTransformer<Microsoft.ML.Trainers.MaximumEntropyModelParameters>> fitted = pipeline.Fit(train);
        return ml.MulticlassClassification.Evaluate(fitted.Transform(test)).MicroAccuracy;
    }
}
