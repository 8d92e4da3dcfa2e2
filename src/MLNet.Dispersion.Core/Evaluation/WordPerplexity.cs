using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>Measures perplexity over running text.</summary>
/// <remarks>
/// <para>
/// Word perplexity is exp(-sum of log-likelihoods of all tokens / number of words). Words are stretches without white space, counted in the texts as they are passed:
/// texts that were tokenised or cleaned otherwise count otherwise. A <see cref="CountedText"/> brings its own count, such as that of the text before it was cleaned; see <see cref="WikiText"/>.
/// </para>
/// <para>
/// Every text stands for itself, behind the tokenizer's beginning-of-sequence token (where it names none, the end-of-sequence token), which is not scored.
/// With windows of W tokens and stride S the first window scores tokens 1..W, and each later one the next S, with as much before them as fits into W; with
/// S = W (default) these are the disjoint rolling windows of the usual harnesses, in which the last window reaches back to be full.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("gpt2"));
/// WordPerplexityResult result = WordPerplexity.Measure(model, File.ReadLines("documents.txt"));
/// Console.WriteLine(result.WordPerplexity);
/// </code>
/// </example>
public static class WordPerplexity
{
    /// <summary>Measures a model.</summary>
    /// <param name="model">The model, on any device, with its tokenizer. It runs in its own compute type, in evaluation mode and without gradients; if it was training, every module's mode is put back afterwards.</param>
    /// <param name="texts">The texts, enumerated once, for instance whole articles; null counts as empty, and empty and blank ones add neither loss nor words. A file read line by line gives each line no context.</param>
    /// <param name="options">How; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the texts have no word; or the model names no token that begins or ends a sequence.</exception>
    /// <exception cref="InvalidOperationException">The model's logits hold NaN or infinity.</exception>
    /// <exception cref="ModelFileException">The model's checkpoint has no tokenizer, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Texts are read as they are needed; of each only four numbers are kept.</remarks>
    [OverloadResolutionPriority(1)]
    public static WordPerplexityResult Measure(PretrainedLanguageModel model, IEnumerable<string?> texts, WordPerplexityOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Measure(model, texts.Select(text => Counted(text ?? string.Empty)), options);
    }

    /// <summary>Measures a model on texts that bring their numbers of words.</summary>
    /// <param name="model">The model, as in the other overload.</param>
    /// <param name="texts">The texts, enumerated once, for instance whole articles; blank ones add neither loss nor words.</param>
    /// <param name="options">How; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">An option is outside its range; a number of words or bytes is below 0; the texts have no word; or the model names no token that begins or ends a sequence.</exception>
    /// <exception cref="InvalidOperationException">The model's logits hold NaN or infinity.</exception>
    /// <exception cref="ModelFileException">The model's checkpoint has no tokenizer, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static WordPerplexityResult Measure(PretrainedLanguageModel model, IEnumerable<CountedText> texts, WordPerplexityOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        model.RequireCausal("Perplexity");
        WordPerplexityOptions settings = (options ?? new WordPerplexityOptions()).Clone();
        settings.ValidateFor(model.Backbone.Info.ContextLength);
        var run = new PerplexityRun(model, settings);
        using var evaluation = new EvaluationMode(model.Backbone);
        return run.Run(texts);
    }

    private static CountedText Counted(string text) =>
        new() { Text = text, Words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, Bytes = Encoding.UTF8.GetByteCount(text) };
}

/// <summary>Sums log-likelihoods over texts, a bounded number of windows at a time.</summary>
internal sealed class PerplexityRun
{
    /// <summary>Batches of windows that are gathered before they are scored, so that like lengths meet.</summary>
    private const int BatchesAtOnce = 8;

    private readonly PretrainedLanguageModel _model;
    private readonly WordPerplexityOptions _options;
    private readonly SequenceEncoder _encoder;
    private readonly LikelihoodScorer _scorer;
    private readonly int _window;
    private readonly int _stride;
    private readonly List<ScoredSequence> _pending = [];
    private readonly List<int> _pendingTexts = [];
    private readonly List<TextSums> _sums = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int? _total;

    /// <param name="model">The model, in evaluation mode when it runs.</param>
    /// <param name="options">Checked, and nobody else's.</param>
    public PerplexityRun(PretrainedLanguageModel model, WordPerplexityOptions options)
    {
        _model = model;
        _options = options;
        _encoder = new SequenceEncoder(model);
        _scorer = new LikelihoodScorer(model.Backbone, options.BatchSize, options.MaxBatchTokens, options.CancellationToken);
        _window = options.WindowTokens ?? model.Backbone.Info.ContextLength;
        _stride = options.StrideTokens ?? _window;
    }

    /// <summary>Measures the texts.</summary>
    public WordPerplexityResult Run(IEnumerable<CountedText> texts)
    {
        _total = texts.TryGetNonEnumeratedCount(out int count) ? count : null;
        int read = 0;
        foreach (CountedText text in texts)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            Add(text, read++);
        }

        Flush(read);
        return ToResult();
    }

    private void Add(CountedText text, int read)
    {
        if (text is not { Words: >= 0, Bytes: >= 0 })
        {
            throw new ArgumentException(FormattableString.Invariant($"Text {read} is {(text is null ? "null" : $"said to have {text.Words} words and {text.Bytes} bytes")}; both must be at least 0. Pass the counts of the original text."), nameof(text));
        }

        ScoredSequence? sequence = string.IsNullOrWhiteSpace(text.Text) ? null : _encoder.Text(text.Text);
        if (sequence is not { } scored || scored.Ids.Length == scored.Start)
        {
            return;
        }

        _sums.Add(new TextSums(0, text.Words, scored.Ids.Length - scored.Start, text.Bytes));
        foreach (ScoredSequence window in RollingWindows.Cut(scored, _window, _stride))
        {
            _pending.Add(window);
            _pendingTexts.Add(_sums.Count - 1);
            if (_pending.Count == _options.BatchSize * BatchesAtOnce)
            {
                Flush(read);
            }
        }
    }

    private void Flush(int read)
    {
        SequenceScore[] scores = _scorer.Score(_pending);
        for (int i = 0; i < scores.Length; i++)
        {
            int text = _pendingTexts[i];
            _sums[text] = _sums[text] with { LogLikelihood = _sums[text].LogLikelihood + scores[i].LogLikelihood };
        }

        _pending.Clear();
        _pendingTexts.Clear();
        _options.Progress?.Report(new EvaluationProgress { Task = "perplexity", TaskIndex = 0, TaskCount = 1, Done = read, Total = _total, Elapsed = _clock.Elapsed });
    }

    private WordPerplexityResult ToResult()
    {
        long words = _sums.Sum(text => (long)text.Words);
        if (words == 0)
        {
            throw new ArgumentException("The texts have no word, so there is nothing to measure: pass at least one text that is not blank.", "texts");
        }

        double[] losses = [.. _sums.Select(text => -text.LogLikelihood)];
        (double Ratio, double Error) bits = SampleStatistics.Ratio([.. losses.Select(loss => loss / Math.Log(2))], [.. _sums.Select(text => (double)text.Bytes)]);
        BenchmarkScore[] scores =
        [
            Perplexity(BenchmarkMetric.WordPerplexity, SampleStatistics.Ratio(losses, [.. _sums.Select(text => (double)text.Words)])),
            Perplexity(BenchmarkMetric.TokenPerplexity, SampleStatistics.Ratio(losses, [.. _sums.Select(text => (double)text.Tokens)])),
            new BenchmarkScore { Metric = BenchmarkMetric.BitsPerByte, Value = bits.Ratio, StandardError = bits.Error },
        ];
        return new WordPerplexityResult
        {
            Model = _options.ModelName ?? _model.Name,
            Texts = _sums.Count,
            LogLikelihood = -losses.Sum(),
            Words = words,
            Tokens = _sums.Sum(text => (long)text.Tokens),
            Bytes = _sums.Sum(text => (long)text.Bytes),
            WindowTokens = _window,
            StrideTokens = _stride,
            Scores = Array.AsReadOnly(scores),
        };
    }

    private static BenchmarkScore Perplexity(BenchmarkMetric metric, (double Mean, double Error) loss)
    {
        var (value, error) = SampleStatistics.Exp(loss);
        return new BenchmarkScore { Metric = metric, Value = value, StandardError = error };
    }

    private readonly record struct TextSums(double LogLikelihood, int Words, int Tokens, int Bytes);
}
