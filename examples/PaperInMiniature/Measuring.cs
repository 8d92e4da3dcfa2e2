namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>Measures trained models on held-out texts, and keeps what it found beside them, so that an interrupted study does not measure twice.</summary>
internal sealed class Measuring(IReadOnlyList<string> heldOut, int context, IReadOnlyList<BenchmarkTask> benchmarks, CancellationToken cancellation)
{
    private const int CondensationTexts = 100;
    private const int InitialTexts = 2;
    private const int PassagesPerInitialText = 4;
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

    /// <summary>Measures a model of random weights, or reads what was measured.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="width">Its MLP width.</param>
    /// <param name="folder">Where the report is kept.</param>
    /// <param name="create">Makes it, where there is no report yet.</param>
    public InitialOutcome MeasureInitial(InitialShape shape, int width, string folder, Func<PretrainedLanguageModel> create)
    {
        string file = Path.Combine(folder, "condensation.json");
        if (!File.Exists(file))
        {
            using PretrainedLanguageModel model = create();
            CondensationReport.Measure(model, heldOut.Chunk(PassagesPerInitialText).Select(passages => string.Join("\n", passages)), new CondensationReportOptions
            {
                MaxTexts = InitialTexts,
                MaxTokens = shape.Tokens,
                MinTokens = shape.Tokens,
                SpectrumTexts = 0,
                ConeTexts = 0,
                CancellationToken = cancellation,
            }).Save(file);
        }

        return new InitialOutcome(shape, width, CondensationReport.Load(file));
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
