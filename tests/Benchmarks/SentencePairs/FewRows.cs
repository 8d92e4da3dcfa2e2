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
    private const string Tuned = "fine-tuned";

    public static void Run(ModelSource source, string data, RunLines lines, int seeds, int? epochs, double? rate, int perClass, int testRows)
    {
        LabelledText[] all = Read(Path.Combine(data, "train.tsv"));
        string validation = Path.Combine(data, "validation.tsv");
        LabelledText[] test = [.. Read(File.Exists(validation) ? validation : Path.Combine(data, "dev.tsv")).Take(testRows)];
        string set = FormattableString.Invariant($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(data))}, {source.Name}, {perClass} rows a class, {test.Length} test rows{(epochs is { } passes ? $", {passes} epochs of pairs" : "")}{(rate is { } peak ? $", rate {peak}" : "")}");
        for (int seed = 1; seed <= seeds; seed++)
        {
            int own = seed;
            var ml = new MLContext(seed);
            var random = new Random(seed);
            LabelledText[] shuffled = [.. all];
            random.Shuffle(shuffled);
            LabelledText[] rows = [.. shuffled.GroupBy(row => row.Label).SelectMany(group => group.Take(perClass))];
            ScoredPair[] made = [.. Pairs(rows, random)];
            IDataView train = ml.Data.LoadFromEnumerable(rows), held = ml.Data.LoadFromEnumerable(test);
            lines.Do(set, "frozen, linear head", seed, () =>
            {
                using var plain = ml.OpenTextEmbedder(source);
                return Linear(ml, plain, train, held);
            });
            lines.Do(set, Tuned, seed, () =>
            {
                var whole = ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml, backbone: source, options: new FineTuneOptions { Seed = own, Dispersion = { Coefficient = 0 }, GeometryProbe = null }).Fit(train);
                using var owned = (IDisposable)whole;
                return ml.MulticlassClassification.Evaluate(whole.Transform(held)).MicroAccuracy;
            });
            lines.Do(set, "pairs of labels, linear head", seed, () =>
            {
                var options = new FineTuneOptions { Seed = own, Epochs = epochs ?? 1, LearningRate = rate, Dispersion = { Coefficient = 0 }, GeometryProbe = null };
                using var embedder = ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: source, options: options, embedding: new EmbeddingOptions { Loss = EmbeddingLoss.CosineSimilarity }, labelColumnName: "Label").Fit(ml.Data.LoadFromEnumerable(made));
                return Linear(ml, embedder, train, held);
            });
        }

        Console.WriteLine(lines.Table(set, "accuracy", Tuned));
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
