using System.Diagnostics;
using System.Text;

namespace MLNet.Dispersion;

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
    public WordPerplexityResult Run(IEnumerable<string?> texts)
    {
        _total = texts.TryGetNonEnumeratedCount(out int count) ? count : null;
        int read = 0;
        foreach (string? text in texts)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            Add(text ?? string.Empty, read++);
        }

        Flush(read);
        return ToResult();
    }

    private void Add(string text, int read)
    {
        ScoredSequence sequence = _encoder.Text(text);
        if (sequence.Ids.Length == sequence.Start)
        {
            return;
        }

        _sums.Add(new TextSums(0, Words(text), sequence.Ids.Length - sequence.Start, Encoding.UTF8.GetByteCount(text)));
        foreach (ScoredSequence window in RollingWindows.Cut(sequence, _window, _stride))
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
        _options.Progress?.Report(new EvaluationProgress("perplexity", 0, 1, read, _total, _clock.Elapsed));
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
            new BenchmarkScore(BenchmarkMetric.BitsPerByte, bits.Ratio, bits.Error),
        ];
        return new WordPerplexityResult(
            _options.ModelName ?? _model.Name, _sums.Count, -losses.Sum(), words, _sums.Sum(text => (long)text.Tokens), _sums.Sum(text => (long)text.Bytes), _window, _stride, Array.AsReadOnly(scores));
    }

    private static BenchmarkScore Perplexity(BenchmarkMetric metric, (double Mean, double Error) loss)
    {
        var (value, error) = SampleStatistics.Exp(loss);
        return new BenchmarkScore(metric, value, error);
    }

    private static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    private readonly record struct TextSums(double LogLikelihood, int Words, int Tokens, int Bytes);
}
