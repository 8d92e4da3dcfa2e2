using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Writes behind prompts, in batches of like length. Not thread-safe.</summary>
internal sealed class TextGenerator
{
    private readonly PretrainedLanguageModel _model;
    private readonly TextGenerationOptions _options;
    private readonly PromptEncoder _encoder;
    private readonly HashSet<int> _ends = [];

    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    internal TextGenerator(PretrainedLanguageModel model, TextGenerationOptions? options)
    {
        model.RequireCausal("Text generation");
        _options = (options ?? new TextGenerationOptions()).Clone();
        _options.Validate();
        _model = model;
        _encoder = new PromptEncoder(model, _options);
        if (_options.StopAtEndOfText)
        {
            int?[] ends = [model.Tokenizer.EosTokenId, model.Backbone.Info.EosTokenId];
            _ends.UnionWith(ends.OfType<int>());
        }
    }

    /// <summary>Writes behind all prompts.</summary>
    internal GeneratedText[] Run(IReadOnlyList<string?> prompts, IProgress<GenerationProgress>? progress, CancellationToken cancel)
    {
        GeneratingText[] texts = [.. prompts.Select(Begin)];
        using var evaluation = new EvaluationMode(_model.Backbone);
        Run(_model.Backbone, _model.Tokenizer.VocabularySize, texts, _options, progress, cancel);
        return [.. texts.Select(text => text.ToResult())];
    }

    /// <summary>Finishes texts, whose tokens need no tokenizer here.</summary>
    internal static void Run(LanguageBackbone backbone, int vocabulary, GeneratingText[] texts, TextGenerationOptions options, IProgress<GenerationProgress>? progress, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        int[] lengths = [.. texts.Select(text => text.Prompt.Length + text.MostTokens)];

        // The longest first, so that what is too large for memory shows at once.
        foreach (int[] pass in LengthSortedPasses.Of(lengths, options.MaxBatchTokens, options.BatchSize).Reverse())
        {
            using var batch = new GenerationBatch(backbone, vocabulary, [.. pass.Select(index => texts[index])], options);
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

    /// <summary>Writes behind one prompt and gives out text as it is settled.</summary>
    internal IEnumerable<string> Stream(string? prompt, CancellationToken cancel)
    {
        GeneratingText text = Begin(prompt, 0);
        return Stream(text, cancel);
    }

    private IEnumerable<string> Stream(GeneratingText text, CancellationToken cancel)
    {
        using var evaluation = new EvaluationMode(_model.Backbone);
        using var batch = new GenerationBatch(_model.Backbone, _model.Tokenizer.VocabularySize, [text], _options);
        while (batch.Going > 0)
        {
            cancel.ThrowIfCancellationRequested();
            batch.Step();
            if (text.Released.Length > 0)
            {
                yield return text.Released;
            }
        }
    }

    private GeneratingText Begin(string? prompt, int index)
    {
        int[] ids = _encoder.Encode(prompt, index, out bool truncated);
        var text = new ContinuationText(_model.Tokenizer, ids, _options.StopSequences);
        return new GeneratingText(ids, truncated, text, _ends, _model.Backbone.Info.ContextLength, _options);
    }
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
    /// <param name="options">The checked options.</param>
    internal GenerationBatch(LanguageBackbone backbone, int vocabulary, IReadOnlyList<GeneratingText> texts, TextGenerationOptions options)
    {
        _vocabulary = vocabulary;
        _going = [.. texts];
        _sampler = new TokenSampler(options);

        // The last token is never read.
        int capacity = texts.Max(text => text.Prompt.Length) + texts.Max(text => text.MostTokens) - 1;
        _logits = NextTokenLogits.Of(backbone, texts.Count, capacity);
    }

    /// <summary>Texts that are not finished.</summary>
    internal int Going => _going.Count;

    /// <summary>Adds a token to each text that is not finished.</summary>
    internal void Step()
    {
        int[][] tokens = [.. _going.Select(text => text.NewTokens is [.., var last] ? [last] : text.Prompt)];
        _logits.Read(tokens, (row, logits) =>
        {
            GeneratingText text = _going[row];
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
    public void Dispose() => _logits.Dispose();
}
