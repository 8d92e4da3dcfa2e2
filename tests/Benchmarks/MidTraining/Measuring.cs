namespace MLNet.Dispersion.Benchmarks.MidTraining;

/// <summary>Measures a model on held-out texts and on benchmarks.</summary>
/// <param name="texts">The texts.</param>
/// <param name="context">Tokens of a window.</param>
/// <param name="benchmarks">The benchmarks; none where they are left out.</param>
/// <param name="items">Items of each.</param>
internal sealed class Measuring(IReadOnlyList<HeldOut> texts, int context, IReadOnlyList<BenchmarkTask> benchmarks, int items)
{
    /// <summary>The figure of the condensation's trend with depth, whose least effect is another.</summary>
    public const string Trend = "trend";

    private const string LastCosine = "last cosine";
    private const string LastCosineCentred = "last cosine, centred";
    private const string LayersCosine = "layers' cosine";
    private const string LayersCosineCentred = "layers' cosine, centred";
    private const int GeometryTexts = 16;
    private const int GeometryTokens = 256;

    /// <summary>What it measures, in words: figures of another kind do not stand in one table.</summary>
    public string Name => string.Join(", ", texts.Select(one => FormattableString.Invariant($"{one.Text.Length} characters of {one.Name}")));

    /// <summary>Names of the figures.</summary>
    public IReadOnlyList<string> FigureNames => [.. texts.Select(one => $"perplexity of {one.Name}"), LastCosine, LastCosineCentred, LayersCosine, LayersCosineCentred, Trend];

    /// <summary>Perplexities a word, and cosines of the last layer and on average over the layers, as they are and without the tokens' common mean.</summary>
    public Dictionary<string, double> Figures(PretrainedLanguageModel model)
    {
        var figures = new Dictionary<string, double>();
        foreach (HeldOut one in texts)
        {
            figures[$"perplexity of {one.Name}"] = WordPerplexity.Measure(model, [one.Text], new WordPerplexityOptions { WindowTokens = context }).WordPerplexity;
        }

        CondensationReport report = CondensationReport.Measure(model, texts[0].InPassages(), new CondensationReportOptions
        {
            MaxTexts = GeometryTexts,
            ConeTexts = GeometryTexts,
            MinTokens = GeometryTokens,
            MaxTokens = GeometryTokens,
            SpectrumTexts = 0,
            Histograms = false,
        });
        ConeFigures[] layers = [.. report.Cone!.Layers.Skip(1)];
        figures[LastCosine] = layers[^1].MeanCosine;
        figures[LastCosineCentred] = layers[^1].Centred;
        figures[LayersCosine] = layers.Average(layer => layer.MeanCosine);
        figures[LayersCosineCentred] = layers.Average(layer => layer.Centred);
        figures[Trend] = report.MainTrend.Spearman;
        return figures;
    }

    /// <summary>Which items' likeliest answer is a true one; of an item with one answer, whether the model would write it.</summary>
    public Dictionary<string, bool> Items(PretrainedLanguageModel model)
    {
        var answers = new Answers();
        LanguageModelEvaluation.Run(model, benchmarks, new EvaluationOptions { MaxItems = items, Seed = 1, MaxTokens = context, Answers = answers });
        return answers.All.GroupBy(answer => (answer.Task, answer.Item)).ToDictionary(
            group => $"{group.Key.Task}/{group.Key.Item}",
            group => group.Count() == 1 ? group.First().IsGreedy : IsTrue(group.MaxBy(answer => answer.LogLikelihood)!));
    }

    private bool IsTrue(BenchmarkAnswer answer) => benchmarks.First(task => task.Name == answer.Task).Items.First(item => item.Id == answer.Item).Choices[answer.Choice].IsTrue;

    private sealed class Answers : IProgress<BenchmarkAnswer>
    {
        public List<BenchmarkAnswer> All { get; } = [];

        public void Report(BenchmarkAnswer value) => All.Add(value);
    }
}
