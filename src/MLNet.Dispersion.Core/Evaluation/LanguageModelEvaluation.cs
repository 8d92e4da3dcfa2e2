namespace MLNet.Dispersion;

/// <summary>Runs benchmarks by log-likelihood.</summary>
/// <remarks>
/// <para>
/// Each choice is scored by the log-likelihood of its continuation after preamble, examples and context, as the usual harnesses do it: both are encoded
/// together, and scored are the tokens after as many as the context alone has. Blanks at the end of the context count to the continuation. A tokenizer that
/// puts a beginning-of-sequence token before every text does so here; others get one only where no context stands before the choice. Too long sequences lose tokens
/// on the left, counted in the result.
/// </para>
/// <para>
/// Work is shared: each distinct input goes through the model once, and an input that is the beginning of another's is read off that one's row, so choices of one token
/// (the letters of MMLU) cost one row a question. Longer choices of one question read it, examples and all, once: its keys and values are kept for them, in at most 256 MB. The head is
/// applied to scored positions only, a bounded number at a time.
/// </para>
/// </remarks>
public static class LanguageModelEvaluation
{
    /// <summary>Scores a model in some tasks.</summary>
    /// <param name="model">The model, on any device, with its tokenizer. It runs in its own compute type, in evaluation mode and without gradients; if it was training, every module's mode is put back afterwards.</param>
    /// <param name="tasks">The tasks, at least one.</param>
    /// <param name="options">How; null for the defaults. Copied.</param>
    /// <returns>One result a task, in their order.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; there is no task; one has too few examples; or the model names no token that begins or ends a sequence.</exception>
    /// <exception cref="InvalidOperationException">The model's logits hold NaN or infinity.</exception>
    /// <exception cref="ModelFileException">The model's checkpoint has no tokenizer, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static EvaluationResult Run(PretrainedLanguageModel model, IReadOnlyList<BenchmarkTask> tasks, EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tasks);
        model.RequireCausal("Scoring benchmarks by likelihood");
        EvaluationOptions settings = (options ?? new EvaluationOptions()).Clone();
        settings.Validate();
        if (tasks.Count == 0)
        {
            throw new ArgumentException($"There is no task; pass at least one, such as BenchmarkTask.BuiltIn(\"{BenchmarkTask.BuiltInNames[0]}\", dataDirectory).", nameof(tasks));
        }

        TaskRun[] runs = [.. tasks.Select(task => new TaskRun(task, settings))];
        var encoder = new SequenceEncoder(model);
        using var evaluation = new EvaluationMode(model.Backbone);
        BenchmarkResult[] results = [.. runs.Select((run, i) => run.Run(model, encoder, i, runs.Length))];
        return new EvaluationResult(settings.ModelName ?? model.Name, DateTimeOffset.UtcNow, settings.Seed, results);
    }
}
