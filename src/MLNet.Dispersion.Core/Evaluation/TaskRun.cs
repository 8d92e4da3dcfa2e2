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
        _sample = Sample(task.Items.Count, options);
        _prompts = new PromptBuilder(task, options);
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
        var requests = new List<BenchmarkAnswer>();
        foreach (int item in _sample)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            AddChoices(item, encoder, limit, sequences, requests);
        }

        var scorer = new LikelihoodScorer(model.Backbone, _options.BatchSize, _options.MaxBatchTokens, _options.CancellationToken);
        SequenceScore[] scores = scorer.Score(
            sequences,
            done => _options.Progress?.Report(new EvaluationProgress { Task = _task.Name, TaskIndex = index, TaskCount = count, Done = done, Total = sequences.Count, Elapsed = clock.Elapsed }));
        foreach (var (request, score) in requests.Zip(scores))
        {
            _options.Answers?.Report(request with { LogLikelihood = score.LogLikelihood, IsGreedy = score.IsGreedy });
        }

        return ToResult(scores) with
        {
            ScoredTokens = sequences.Sum(sequence => (long)(sequence.Ids.Length - sequence.Start)),
            ForwardSequences = scorer.Rows,
        };
    }

    private void AddChoices(int index, SequenceEncoder encoder, int limit, List<ScoredSequence> sequences, List<BenchmarkAnswer> requests)
    {
        string before = _prompts.Before(index);
        BenchmarkItem item = _task.Items[index];
        foreach (var (number, choice) in item.Choices.Index())
        {
            ScoredSequence whole = encoder.Pair(before + choice.Context, choice.Continuation);
            ScoredSequence cut = SequenceEncoder.Cut(whole, limit, out bool cutScored);
            _truncatedPrompts += cut.Ids.Length < whole.Ids.Length ? 1 : 0;
            _truncatedChoices += cutScored ? 1 : 0;
            sequences.Add(cut);
            if (_options.Answers is not null)
            {
                requests.Add(new BenchmarkAnswer
                {
                    Task = _task.Name,
                    Item = item.Id,
                    Choice = number,
                    Context = before + choice.Context,
                    Continuation = choice.Continuation,
                    LogLikelihood = 0,
                    IsGreedy = false,
                    ContextTokens = whole.Start,
                    ContinuationTokens = whole.Ids.Length - whole.Start,
                    CutTokens = whole.Ids.Length - cut.Ids.Length,
                });
            }
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

        BenchmarkScore[] metrics = [.. _task.Template.Metrics.Select(metric => ItemScoring.Score(metric, items, ofItems, _options.Ties))];
        return new BenchmarkResult
        {
            Task = _task.Name,
            Title = _task.Title,
            Items = items.Length,
            AvailableItems = _task.Items.Count,
            FewShot = _prompts.FewShot,
            Scores = Array.AsReadOnly(metrics),
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

        if (options.FirstItems)
        {
            return all[..most];
        }

        new Random(SeedMixer.Mix(options.Seed, SampleStream)).Shuffle(all);
        return [.. all.Take(most).Order()];
    }
}
