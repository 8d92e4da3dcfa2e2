using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Writes behind prompts, in batches of like length. Not thread-safe.</summary>
internal sealed class TextGenerator
{
    private readonly PretrainedLanguageModel _model;
    private readonly GenerationPlan _plan;
    private readonly PromptEncoder _encoder;
    private readonly HashSet<int> _ends;

    /// <exception cref="ArgumentException">An option is outside its range, or the model is an encoder.</exception>
    /// <exception cref="NotSupportedException">The model's generation_config.json asks for what is not done here, or the library's own decoder is asked for and cannot run the model.</exception>
    internal TextGenerator(PretrainedLanguageModel model, TextGenerationOptions? options)
        : this(model, options, checkedOptions => GenerationPlan.Of(checkedOptions, model), [])
    {
    }

    /// <param name="model">The model; causal.</param>
    /// <param name="options">How, as the caller says; null for the defaults. Copied.</param>
    /// <param name="plan">Makes a plan of the checked options.</param>
    /// <param name="ends">Tokens that end texts besides the model's own.</param>
    internal TextGenerator(PretrainedLanguageModel model, TextGenerationOptions? options, Func<TextGenerationOptions, GenerationPlan> plan, IEnumerable<int> ends)
    {
        model.RequireCausal("Text generation");
        TextGenerationOptions copy = (options ?? new TextGenerationOptions()).Clone();
        copy.Validate();
        _model = model;
        _plan = plan(copy);
        _ = NextTokenLogits.TorchReasonOf(model.Backbone, _plan.Engine);
        _encoder = new PromptEncoder(model, _plan);
        _ends = copy.StopAtEndOfText ? [.. model.EndTokenIds, .. ends] : [];
    }

    /// <summary>Writes behind all prompts.</summary>
    internal GeneratedText[] Run(IReadOnlyList<string?> prompts, IProgress<GenerationProgress>? progress, CancellationToken cancel)
    {
        return Run([.. prompts.Select(Begin)], progress, cancel);
    }

    /// <summary>Writes behind texts.</summary>
    internal GeneratedText[] Run(GeneratingText[] texts, IProgress<GenerationProgress>? progress, CancellationToken cancel)
    {
        using var evaluation = new EvaluationMode(_model.Backbone);
        Run(_model.Backbone, _model.Tokenizer.VocabularySize, texts, _plan, progress, cancel);
        return [.. texts.Select(text => text.ToResult())];
    }

    /// <summary>Finishes texts, whose tokens need no tokenizer here.</summary>
    internal static void Run(LanguageBackbone backbone, int vocabulary, GeneratingText[] texts, GenerationPlan plan, IProgress<GenerationProgress>? progress, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        int[] lengths = [.. texts.Select(text => text.Prompt.Length + text.MostTokens)];

        // The longest first, so that what is too large for memory shows at once.
        foreach (int[] pass in LengthSortedPasses.Of(lengths, plan.MaxBatchTokens, plan.BatchSize).Reverse())
        {
            using var batch = new GenerationBatch(backbone, vocabulary, [.. pass.Select(index => texts[index])], plan);
            while (batch.Going > 0)
            {
                cancel.ThrowIfCancellationRequested();
                batch.Step();
                progress?.Report(new GenerationProgress
                {
                    FinishedTexts = texts.Count(text => text.IsFinished),
                    TotalTexts = texts.Length,
                    NewTokens = texts.Sum(text => (long)text.NewTokens.Count),
                    Elapsed = clock.Elapsed,
                });
            }
        }
    }

    /// <summary>Writes behind one prompt and gives out text as it is settled; <paramref name="finished"/> gets the whole at the end.</summary>
    internal IEnumerable<string> Stream(string? prompt, Action<GeneratedText>? finished, CancellationToken cancel) => Stream(Begin(prompt, 0), finished, cancel);

    /// <summary>Writes behind one text and gives it out as it is settled; <paramref name="finished"/> gets the whole at the end.</summary>
    internal IEnumerable<string> Stream(GeneratingText text, Action<GeneratedText>? finished, CancellationToken cancel)
    {
        using var evaluation = new EvaluationMode(_model.Backbone);
        using var batch = new GenerationBatch(_model.Backbone, _model.Tokenizer.VocabularySize, [text], _plan);
        while (batch.Going > 0)
        {
            cancel.ThrowIfCancellationRequested();
            batch.Step();
            if (text.Released.Length > 0)
            {
                yield return text.Released;
            }
        }

        finished?.Invoke(text.ToResult());
    }

    /// <summary>A text behind tokens that are all of its prompt.</summary>
    internal GeneratingText Begin(int[] prompt)
    {
        int[] ids = _encoder.Fit(prompt, kept: 0, index: 0, out bool truncated);
        return Begin(ids, truncated);
    }

    /// <summary>A text behind a prompt.</summary>
    /// <param name="prompt">The prompt; null counts as empty.</param>
    /// <param name="index">Its place, for errors.</param>
    internal GeneratingText Begin(string? prompt, int index)
    {
        int[] ids = _encoder.Encode(prompt, index, out bool truncated);
        return Begin(ids, truncated);
    }

    private GeneratingText Begin(int[] ids, bool truncated) =>
        new(ids, truncated, new ContinuationText(_model.Tokenizer, ids, _plan.StopSequences), _ends, _model.Backbone.Info.ContextLength, _plan);
}

/// <summary>Texts that are written side by side, a token each at a time; those that are finished leave. Not thread-safe; the owner disposes it.</summary>
internal sealed class GenerationBatch : IDisposable
{
    private readonly NextTokenLogits _logits;
    private readonly TokenSampler _sampler;
    private readonly int _vocabulary;
    private List<GeneratingText> _going;

    /// <param name="backbone">The model, in evaluation mode.</param>
    /// <param name="vocabulary">Tokens that may be chosen: those of lower ids.</param>
    /// <param name="texts">Texts without any new token yet.</param>
    /// <param name="plan">How.</param>
    internal GenerationBatch(LanguageBackbone backbone, int vocabulary, IReadOnlyList<GeneratingText> texts, GenerationPlan plan)
    {
        using var inside = ExitGate.Enter();
        _vocabulary = vocabulary;
        _going = [.. texts];
        _sampler = new TokenSampler(plan);

        // The last token is never read.
        int capacity = texts.Max(text => text.Prompt.Length) + texts.Max(text => text.MostTokens) - 1;
        _logits = NextTokenLogits.Of(backbone, texts.Count, capacity, plan);
        _going.ForEach(text => text.TorchReason = _logits.TorchReason);
    }

    /// <summary>Texts that are not finished.</summary>
    internal int Going => _going.Count;

    /// <summary>Adds a token to each text that is not finished.</summary>
    internal void Step()
    {
        using var inside = ExitGate.Enter();
        int[][] tokens = [.. _going.Select(text => text.NewTokens is [.., var last] ? [last] : text.Prompt)];
        _logits.Read(tokens, (row, logits) =>
        {
            GeneratingText text = _going[row];
            text.ReusedPromptTokens = _logits.Reused;
            text.Add(_sampler.Next(logits[..Math.Min(_vocabulary, logits.Length)], text.Seen, text.Random));
        });
        int[] kept = [.. Enumerable.Range(0, _going.Count).Where(row => !_going[row].IsFinished)];
        if (kept.Length < _going.Count)
        {
            _going = [.. kept.Select(row => _going[row])];
            if (kept.Length > 0)
            {
                _logits.Keep(kept);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var inside = ExitGate.Enter();
        _logits.Dispose();
    }
}
