using System.Diagnostics;

namespace MLNet.Dispersion;

/// <summary>Runs one task: prompts, tokens, log-likelihoods, scores.</summary>
internal sealed class TaskRun
{
    /// <summary>Distinguishes the seed of the sample of items from those of few-shot examples.</summary>
    private const int SampleStream = -1;

    private readonly BenchmarkTask _task;
    private readonly PromptBuilder _prompts;
    private readonly EvaluationOptions _options;
    private readonly int[] _sample;
    private int _truncatedPrompts;
    private int _truncatedChoices;

    /// <summary>Draws the sample.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">The checked options, nobody else's.</param>
    /// <exception cref="ArgumentException">There are too few few-shot examples.</exception>
    public TaskRun(BenchmarkTask task, EvaluationOptions options)
    {
        _task = task;
        _options = options;
        _prompts = new PromptBuilder(task, options);
        _sample = Sample(task.Items.Count, options);
    }

    /// <summary>Runs the task.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="encoder">Its encoder.</param>
    /// <param name="index">The task's place among all.</param>
    /// <param name="count">All tasks.</param>
    public BenchmarkResult Run(PretrainedLanguageModel model, SequenceEncoder encoder, int index, int count)
    {
        var clock = Stopwatch.StartNew();
        int limit = Math.Min(_options.MaxTokens ?? int.MaxValue, model.Backbone.Info.ContextLength + 1);
        var sequences = new List<ScoredSequence>();
        foreach (int item in _sample)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            AddChoices(item, encoder, limit, sequences);
        }

        var scorer = new LikelihoodScorer(model.Backbone, _options.BatchSize, _options.MaxBatchTokens, _options.CancellationToken);
        SequenceScore[] scores = scorer.Score(
            sequences,
            done => _options.Progress?.Report(new EvaluationProgress(_task.Name, index, count, done, sequences.Count, clock.Elapsed)));
        return ToResult(scores) with
        {
            ScoredTokens = sequences.Sum(sequence => (long)(sequence.Ids.Length - sequence.Start)),
            ForwardSequences = scorer.Rows,
        };
    }

    private void AddChoices(int index, SequenceEncoder encoder, int limit, List<ScoredSequence> sequences)
    {
        string before = _prompts.Before(index);
        foreach (BenchmarkChoice choice in _task.Items[index].Choices)
        {
            ScoredSequence whole = encoder.Pair(before + choice.Context, choice.Continuation);
            ScoredSequence cut = SequenceEncoder.Cut(whole, limit, out bool cutScored);
            _truncatedPrompts += cut.Ids.Length < whole.Ids.Length ? 1 : 0;
            _truncatedChoices += cutScored ? 1 : 0;
            sequences.Add(cut);
        }
    }

    private BenchmarkResult ToResult(SequenceScore[] scores)
    {
        BenchmarkItem[] items = [.. _sample.Select(index => _task.Items[index])];
        var ofItems = new SequenceScore[items.Length][];
        int from = 0;
        for (int i = 0; i < items.Length; i++)
        {
            ofItems[i] = scores[from..(from += items[i].Choices.Count)];
        }

        BenchmarkScore[] metrics = [.. _task.Template.Metrics.Select(metric => ItemScoring.Score(metric, items, ofItems))];
        return new BenchmarkResult(_task.Name, _task.Title, items.Length, _task.Items.Count, _prompts.FewShot, Array.AsReadOnly(metrics))
        {
            TruncatedPrompts = _truncatedPrompts,
            TruncatedChoices = _truncatedChoices,
        };
    }

    private static int[] Sample(int items, EvaluationOptions options)
    {
        int[] all = [.. Enumerable.Range(0, items)];
        if (options.MaxItems is not { } most || most >= items)
        {
            return all;
        }

        new Random(SeedMixer.Mix(options.Seed, SampleStream)).Shuffle(all);
        return [.. all.Take(most).Order()];
    }
}
