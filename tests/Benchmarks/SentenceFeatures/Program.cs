using System.CommandLine;
using System.Globalization;
using MLNet.Dispersion;

var modelPath = new Option<string?>("--model") { Description = "A GGUF file or a checkpoint directory. Default: TinyEnglish." };
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of STS-B: dev.tsv and train.tsv with the columns score, sentence1, sentence2.", Required = true };
var texts = new Option<int>("--texts") { Description = "Sentences of train.tsv that the common mean is learnt of.", DefaultValueFactory = _ => 1000 };
var root = new RootCommand("How well cosines of untrained sentence features rank pairs of sentences: with and without the first token and the common mean.") { modelPath, data, texts };
root.SetAction(arguments =>
{
    string? path = arguments.GetValue(modelPath);
    ModelSource source = path is null ? ModelSource.TinyEnglish : File.Exists(path) ? ModelSource.FromGguf(path) : ModelSource.FromDirectory(path);
    using var model = PretrainedLanguageModel.Load(source);
    Pair[] pairs = Pair.Read(Path.Combine(arguments.GetValue(data)!.FullName, "dev.tsv"));
    string[] others = [.. Pair.Read(Path.Combine(arguments.GetValue(data)!.FullName, "train.tsv")).SelectMany(pair => new[] { pair.First, pair.Second }).Distinct().Take(arguments.GetValue(texts))];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Name}, {pairs.Length} pairs, the mean of {others.Length} other sentences; Spearman's rho with 95 % BCa intervals over pairs"));
    foreach (bool skip in new[] { false, true })
    {
        var plain = new TextFeatureExtractor(model, new TextFeatureOptions { Pooling = TextPooling.Mean, SkipFirstToken = skip });
        foreach (bool center in new[] { false, true })
        {
            TextFeatureExtractor extractor = center ? plain.Center(others) : plain;
            float[][] vectors = [.. extractor.Extract([.. pairs.SelectMany(pair => new[] { pair.First, pair.Second })], likelihoods: false).Select(text => text.Embedding!)];
            double[] cosines = [.. pairs.Select((_, i) => vectors[2 * i].Zip(vectors[(2 * i) + 1], (a, b) => (double)a * b).Sum())];
            Interval rho = BootstrapInterval.Bca(pairs.Length, rows => RankCorrelation.Spearman([.. rows.Select(row => cosines[row])], [.. rows.Select(row => pairs[row].Score)]), resamples: 500);
            string name = (skip ? "without the first token" : "all tokens") + (center ? ", without the common mean" : string.Empty);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-52}{rho.Estimate:0.000} ({rho.Lower:0.000} to {rho.Upper:0.000})"));
        }
    }
});
return root.Parse(args).Invoke();

/// <summary>Two sentences and how alike people found them, 0..5.</summary>
internal sealed record Pair(double Score, string First, string Second)
{
    public static Pair[] Read(string path)
    {
        string[][] lines = [.. File.ReadLines(path).Select(line => line.Split('\t'))];
        int score = Array.IndexOf(lines[0], "score"), first = Array.IndexOf(lines[0], "sentence1"), second = Array.IndexOf(lines[0], "sentence2");
        return [.. lines.Skip(1).Select(line => new Pair(double.Parse(line[score], CultureInfo.InvariantCulture), line[first], line[second]))];
    }
}
