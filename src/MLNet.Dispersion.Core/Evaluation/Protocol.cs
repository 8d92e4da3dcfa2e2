namespace MLNet.Dispersion;

/// <summary>A way of running benchmarks that others have run them in: tasks, shots, items, ties, the score that counts, the checkpoint. Immutable and thread-safe; change copies with <c>with</c>.</summary>
/// <remarks>
/// Figures can be compared with published ones only where all of this agrees. The library's own way (without a protocol) shares ties, samples items uniformly and draws examples by the options' seed.
/// The built-in tasks score as the lm-evaluation-harness (0.4.13) does in any case: same prompts, same tokens, the primer of six solved questions before TruthfulQA's, whose questions count as items where the data hold them.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Models;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.TinyEnglish);
/// EvaluationResult scores = Protocol.Published.Run(model, "/data/benchmarks");
/// Console.WriteLine(scores.Mean);   // of acc in ten tasks
/// EvaluationResult mine = (Protocol.Harness with { FewShot = 5, MaxItems = 40 }).Run(model, "/data/benchmarks");   // lm_eval --num_fewshot 5 --limit 40
/// </code>
/// </example>
public sealed record Protocol
{
    private const int PublishedTasks = 10;

    /// <summary>
    /// Gets the published one of arXiv 2602.00217 for GPT-2: the first 500 items of each of the ten tasks; one example in ARC, MedMCQA and MMLU, none in the others; <c>acc</c> everywhere; the checkpoint with the highest mean.
    /// Its perplexity is that of Paloma's WikiText-103, which is not among the tasks: see <see cref="WikiText"/> and <see cref="WordPerplexity"/>.
    /// </summary>
    public static Protocol Published { get; } = new()
    {
        Name = "published (GPT-2)",
        Tasks = [.. BenchmarkTask.BuiltInNames.Take(PublishedTasks)],
        FewShot = 1,
        MaxItems = 500,
        Checkpoint = CheckpointRule.BestMean,
    };

    /// <summary>Gets the published one for Qwen3: as <see cref="Published"/>, but five examples and the first 200 items.</summary>
    public static Protocol PublishedQwen3 { get; } = Published with { Name = "published (Qwen3)", FewShot = 5, MaxItems = 200 };

    /// <summary>Gets what the lm-evaluation-harness does when nothing else is asked of it: all items of all built-in tasks, no examples, ties to the first choice.</summary>
    /// <remarks>Its group MMLU has 57 tasks, and its <c>--limit</c> takes as many items of each; here MMLU is one task, in the order of its file.</remarks>
    public static Protocol Harness { get; } = new() { Name = "harness", Tasks = BenchmarkTask.BuiltInNames, FewShot = 0 };

    /// <summary>Gets the name, as in messages.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the short names of the built-in tasks that are run, in order.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Gets how many solved examples stand before each question of the tasks that take some (ARC, MedMCQA and MMLU). At least 0.</summary>
    public required int FewShot { get; init; }

    /// <summary>Gets how many items of each task are run: the first ones of its file. Default null: all. At least 1.</summary>
    public int? MaxItems { get; init; }

    /// <summary>Gets how examples are chosen where the task does not name the first ones itself (MMLU does). Default <see cref="FewShotDraw.Harness"/>.</summary>
    public FewShotDraw FewShotDraw { get; init; } = FewShotDraw.Harness;

    /// <summary>Gets the metric that counts for a task, by the harness's name, where the task has it: <c>acc</c> is the share of greedy hits in LAMBADA and mc2 in TruthfulQA mc2. Default <c>acc</c>.</summary>
    public string MainMetric { get; init; } = "acc";

    /// <summary>Gets what choices count whose scores tie. Default <see cref="TieRule.First"/>.</summary>
    public TieRule Ties { get; init; } = TieRule.First;

    /// <summary>Gets which of a run's checkpoints stands for it. Default <see cref="CheckpointRule.Last"/>.</summary>
    public CheckpointRule Checkpoint { get; init; }

    /// <summary>Loads the tasks as the protocol runs them.</summary>
    /// <param name="dataDirectory">The folder that holds the files their templates name, such as <c>arc_easy/eval.jsonl</c>.</param>
    /// <exception cref="ArgumentException">There is no built-in task of a name.</exception>
    /// <exception cref="FormatException">A line is damaged; the message names file, line, field and cure.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public IReadOnlyList<BenchmarkTask> Load(string dataDirectory) => [.. Tasks.Select(name => BenchmarkTask.FromTemplate(Adapt(BenchmarkTemplate.BuiltIn(name)), dataDirectory))];

    /// <summary>Makes a task of one's own run as the protocol runs the built-in ones: its shots where it takes some, the metric that counts first.</summary>
    /// <param name="template">The task.</param>
    public BenchmarkTemplate Adapt(BenchmarkTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return template with
        {
            FewShot = template.FewShot > 0 ? FewShot : 0,
            FewShotDraw = template.FewShotDraw == FewShotDraw.Random ? FewShotDraw : template.FewShotDraw,
            Metrics = [.. template.Metrics.OrderByDescending(metric => metric.HarnessName() == MainMetric)],
        };
    }

    /// <summary>Writes the protocol's items and ties over options; tasks, shots and metrics are in the tasks that <see cref="Load"/> gives.</summary>
    /// <param name="options">What else is wanted, such as batch sizes; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">The options ask for shots of their own, which the protocol sets.</exception>
    public EvaluationOptions Over(EvaluationOptions? options = null)
    {
        EvaluationOptions copy = (options ?? new EvaluationOptions()).Clone();
        if (copy.FewShot is { } shots)
        {
            throw new ArgumentException(FormattableString.Invariant($"EvaluationOptions.FewShot is {shots}, but the protocol '{Name}' sets the shots. Set it to null, or run Protocol with {{ FewShot = {shots} }}."), nameof(options));
        }

        (copy.MaxItems, copy.FirstItems, copy.Ties) = (MaxItems, true, Ties);
        return copy;
    }

    /// <summary>Runs the tasks: <see cref="Load"/>, <see cref="Over"/> and <see cref="LanguageModelEvaluation.Run"/>, whose exceptions it throws.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dataDirectory">The folder of the tasks' data.</param>
    /// <param name="options">What else is wanted; null for the defaults.</param>
    /// <returns>One result a task; their mean is of the metric that counts.</returns>
    public EvaluationResult Run(PretrainedLanguageModel model, string dataDirectory, EvaluationOptions? options = null) => LanguageModelEvaluation.Run(model, Load(dataDirectory), Over(options));

    /// <summary>Chooses the checkpoint that stands for a run.</summary>
    /// <param name="checkpoints">The checkpoints' scores in the order of training, at least one; all of the same tasks.</param>
    /// <returns>The place of the chosen one: by <see cref="Checkpoint"/> the last, or the first of those with the highest mean.</returns>
    /// <exception cref="ArgumentException">There is none; or by the highest mean, one has no mean, or other tasks than the first.</exception>
    public int Choose(IReadOnlyList<EvaluationResult> checkpoints)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        if (checkpoints.Count == 0)
        {
            throw new ArgumentException("There is no checkpoint to choose from; pass the scores of at least one.", nameof(checkpoints));
        }

        if (Checkpoint == CheckpointRule.Last)
        {
            return checkpoints.Count - 1;
        }

        for (int i = 0; i < checkpoints.Count; i++)
        {
            bool comparable = checkpoints[i].Tasks.Select(task => (task.Task, task.Items, task.FewShot, task.Main.Metric)).SequenceEqual(checkpoints[0].Tasks.Select(task => (task.Task, task.Items, task.FewShot, task.Main.Metric)));
            if (!comparable || double.IsNaN(checkpoints[i].Mean))
            {
                throw new ArgumentException(FormattableString.Invariant($"Checkpoint {i} has no mean over the same tasks, items, shots and metrics as the first, so the highest mean says nothing. Run all with one protocol."), nameof(checkpoints));
            }
        }

        double best = checkpoints.Max(result => result.Mean);
        return checkpoints.Index().First(result => result.Item.Mean == best).Index;
    }
}
