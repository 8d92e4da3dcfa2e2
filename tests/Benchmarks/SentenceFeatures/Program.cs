using System.CommandLine;
using System.Globalization;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.SentenceFeatures;

const double leastEffect = 0.02;
var modelPath = new Option<string?>("--model") { Description = "A GGUF file or a checkpoint directory of a causal model. Default: TinyEnglish." };
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of STS-B: dev.tsv and train.tsv with the columns score, sentence1, sentence2.", Required = true };
var count = new Option<int>("--pairs") { Description = "Pairs of dev.tsv, from its first; all by default.", DefaultValueFactory = _ => int.MaxValue };
var texts = new Option<int>("--texts") { Description = "Sentences of train.tsv that the common mean and the directions are learnt of.", DefaultValueFactory = _ => 1000 };
var layerList = new Option<int[]>("--layers") { Description = "Hidden states that are pooled. Default: the last, and the one before.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var directionList = new Option<int[]>("--directions") { Description = "How many directions are taken out beside the mean.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 3, 10] };
var root = new RootCommand("How well cosines of untrained sentence features rank pairs of sentences: by hidden state, with and without the first token, the common mean and the first directions.") { modelPath, data, count, texts, layerList, directionList };
root.SetAction(arguments =>
{
    string? path = arguments.GetValue(modelPath);
    ModelSource source = path is null ? ModelSource.TinyEnglish : File.Exists(path) ? ModelSource.FromGguf(path) : ModelSource.FromDirectory(path);
    using var model = PretrainedLanguageModel.Load(source);
    int last = model.Backbone.Info.LayerCount;
    int[] layers = arguments.GetValue(layerList) is { Length: > 0 } some ? some : [last, last - 1];
    int[] directions = arguments.GetValue(directionList)!;
    Pair[] pairs = [.. Pair.Read(Path.Combine(arguments.GetValue(data)!.FullName, "dev.tsv")).Take(arguments.GetValue(count))];
    string[] sentences = [.. pairs.SelectMany(pair => new[] { pair.First, pair.Second })];
    string[] others = [.. Pair.Read(Path.Combine(arguments.GetValue(data)!.FullName, "train.tsv")).SelectMany(pair => new[] { pair.First, pair.Second }).Distinct().Take(arguments.GetValue(texts))];
    double[] scores = [.. pairs.Select(pair => pair.Score)];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Name}, {pairs.Length} pairs, the mean of {others.Length} other sentences; Spearman's rho with 95 % BCa intervals over pairs"));
    Console.WriteLine();
    Console.WriteLine($"| begins with | hidden state | first token | as it is | minus the mean |{string.Concat(directions.Select(k => $" and {k} directions |"))}");
    Console.WriteLine($"|---|---:|---|---:|---:|{string.Concat(directions.Select(_ => "---:|"))}");
    var reader = new Reader(model, layers);
    var found = new Dictionary<(int Layer, bool SkipsFirst, int Taken), double[]>();
    foreach (bool begun in new[] { false, true })
    {
        var read = reader.Read(sentences, begun);
        var common = reader.Read(others, begun);
        foreach (((int layer, bool skips), float[][] vectors) in read)
        {
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"| {(begun ? "the token that begins texts" : "the text itself")} | {layer} | {(skips ? "left out" : "in the mean")} |"));
            foreach (int taken in (int[])[-1, 0, .. directions])
            {
                double[] cosines = Cosines(vectors, taken < 0 ? new CommonPart(null, null) : CommonPart.Of(common[(layer, skips)], taken));
                Interval rho = BootstrapInterval.Bca(pairs.Length, rows => Rho(cosines, rows), resamples: 500);
                Console.Write(string.Create(CultureInfo.InvariantCulture, $" {rho.Estimate:0.000} ({rho.Lower:0.000} to {rho.Upper:0.000}) |"));
                if (begun)
                {
                    found[(layer, skips, taken)] = cosines;
                }
            }

            Console.WriteLine();
        }
    }

    Console.WriteLine();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Against the default (hidden state {layers[0]}, all tokens, as it is), behind the token that begins texts; 95 % intervals over pairs, one at a time, least effect {leastEffect}:"));
    double[] usual = found[(layers[0], false, -1)];
    foreach (((int layer, bool skips, int taken), double[] cosines) in found.Where(one => one.Value != usual))
    {
        Interval difference = BootstrapInterval.Bca(pairs.Length, rows => Rho(cosines, rows) - Rho(usual, rows), resamples: 500);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"- hidden state {layer}, {(skips ? "without the first token" : "all tokens")}, {(taken < 0 ? "as it is" : taken == 0 ? "minus the mean" : $"minus the mean and {taken} directions")}: {Verdict.Of(difference, leastEffect, isExploratory: true).ToString("0.000")}"));
    }

    // That the options give these vectors.
    string[] few = [.. others.Take(40)];
    int taking = Math.Min(3, few.Length - 1);
    var options = new TextFeatureOptions { Pooling = TextPooling.Mean, Layer = layers[^1], SkipFirstToken = true, Normalize = false };
    float[][] byOptions = [.. new TextFeatureExtractor(model, options).Center(few, taking).Extract(few, likelihoods: false).Select(text => text.Embedding!)];
    float[][] here = reader.Read(few, begun: true)[(layers[^1], true)];
    var part = CommonPart.Of(here, taking);
    double off = here.Zip(byOptions, (one, other) =>
    {
        part.TakeOut(one);
        return one.Zip(other, (a, b) => Math.Abs(a - b)).Max() / Math.Sqrt(other.Sum(value => (double)value * value));
    }).Max();
    Console.WriteLine();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"TextFeatureExtractor with these options gives the same vectors, to {off:0.0e0} of their length."));

    double Rho(double[] cosines, IReadOnlyList<int> rows) => RankCorrelation.Spearman([.. rows.Select(row => cosines[row])], [.. rows.Select(row => scores[row])]);
});
return root.Parse(args).Invoke();

static double[] Cosines(float[][] vectors, CommonPart common)
{
    float[][] rest = [.. vectors.Select(vector =>
    {
        float[] copy = [.. vector];
        common.TakeOut(copy);
        return copy;
    })];
    return [.. Enumerable.Range(0, rest.Length / 2).Select(pair => Cosine(rest[2 * pair], rest[(2 * pair) + 1]))];
}

static double Cosine(float[] one, float[] other)
{
    double product = 0, squares = 0, otherSquares = 0;
    for (int i = 0; i < one.Length; i++)
    {
        product += (double)one[i] * other[i];
        squares += (double)one[i] * one[i];
        otherSquares += (double)other[i] * other[i];
    }

    return product / Math.Sqrt(squares * otherSquares);
}
