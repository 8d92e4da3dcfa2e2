namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>Measures trained models on held-out texts, and keeps what it found beside them, so that an interrupted study does not measure twice.</summary>
internal sealed class Measuring(IReadOnlyList<string> heldOut, int context, IReadOnlyList<BenchmarkTask> benchmarks, CancellationToken cancellation)
{
    private const int CondensationTexts = 100;
    private const int PerplexityTexts = 200;
    private const int ItemsPerBenchmark = 200;

    /// <summary>Measures a model, or reads what was measured.</summary>
    /// <param name="name">What tables and pictures call it.</param>
    /// <param name="folder">Where the figures are kept.</param>
    /// <param name="model">The model.</param>
    /// <param name="history">Its condensation over training.</param>
    public Outcome Measure(string name, string folder, PretrainedLanguageModel model, IReadOnlyList<GeometrySnapshot> history)
    {
        string reportFile = Path.Combine(folder, "condensation.json");
        string scoresFile = Path.Combine(folder, $"scores-{benchmarks.Count}.json");
        if (!File.Exists(reportFile))
        {
            Condensation(name, model).Save(reportFile);
        }

        if (!File.Exists(scoresFile))
        {
            Scores(name, model).Save(scoresFile);
        }

        return new Outcome(name, CondensationReport.Load(reportFile), EvaluationResult.Load(scoresFile), history);
    }

    private CondensationReport Condensation(string name, PretrainedLanguageModel model) => CondensationReport.Measure(model, heldOut, new CondensationReportOptions
    {
        ModelName = name,
        MaxTexts = CondensationTexts,
        MaxTokens = context,
        SpectrumTexts = 2,
        CancellationToken = cancellation,
    });

    private EvaluationResult Scores(string name, PretrainedLanguageModel model)
    {
        var perplexity = WordPerplexity.Measure(model, heldOut.Take(PerplexityTexts), new WordPerplexityOptions { ModelName = name, CancellationToken = cancellation });
        return LanguageModelEvaluation
            .Run(model, benchmarks, new EvaluationOptions { ModelName = name, MaxItems = ItemsPerBenchmark, Seed = 1, CancellationToken = cancellation })
            .With(perplexity, Outcome.PerplexityTask);
    }
}
