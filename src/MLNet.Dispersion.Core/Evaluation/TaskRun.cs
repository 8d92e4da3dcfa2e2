using System.Diagnostics;
using System.Text;

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
            done => _options.Progress?.Report(new EvaluationProgress { Task = _task.Name, TaskIndex = index, TaskCount = count, Done = done, Total = sequences.Count, Elapsed = clock.Elapsed }));
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

        new Random(SeedMixer.Mix(options.Seed, SampleStream)).Shuffle(all);
        return [.. all.Take(most).Order()];
    }
}

/// <summary>What stands before the questions of a task: preamble and solved examples.</summary>
internal sealed class PromptBuilder
{
    private readonly BenchmarkTask _task;
    private readonly int _seed;
    private readonly ILookup<string?, BenchmarkItem> _examples;

    /// <summary>Checks that there are examples enough.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">The checked options.</param>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public PromptBuilder(BenchmarkTask task, EvaluationOptions options)
    {
        _task = task;
        _seed = options.Seed;
        FewShot = options.FewShot ?? task.Template.FewShot;
        _examples = task.Examples.ToLookup(item => item.Group);
        foreach (IGrouping<string?, BenchmarkItem> group in FewShot > 0 ? task.Items.GroupBy(item => item.Group) : [])
        {
            int available = _examples[group.Key].Count() - (group.Any(item => _examples[item.Group].Any(example => IsSame(example, item))) ? 1 : 0);
            if (available < FewShot)
            {
                string where = group.Key is null ? string.Empty : $" of {task.Template.FewShotSameField} '{group.Key}'";
                throw new ArgumentException(FormattableString.Invariant($"The task '{task.Name}' has {available} examples{where} beside the item itself, and {FewShot} are asked for. Lower EvaluationOptions.FewShot, or give the task more in its fewShotData."));
            }
        }
    }

    /// <summary>Gets the number of examples before each question.</summary>
    public int FewShot { get; }

    /// <summary>The text before an item's context.</summary>
    /// <param name="index">The item's place in the task.</param>
    public string Before(int index)
    {
        BenchmarkItem item = _task.Items[index];
        var text = new StringBuilder(item.Preamble);
        foreach (BenchmarkItem example in FewShot > 0 ? Draw(item, index) : [])
        {
            text.Append(example.Solved).Append(_task.Template.Separator);
        }

        return text.ToString();
    }

    private IEnumerable<BenchmarkItem> Draw(BenchmarkItem item, int index)
    {
        BenchmarkItem[] candidates = [.. _examples[item.Group].Where(example => !IsSame(example, item))];
        if (_task.Template.FewShotDraw == FewShotDraw.Random)
        {
            new Random(SeedMixer.Mix(_seed, index)).Shuffle(candidates);
        }

        return candidates.Take(FewShot);
    }

    private static bool IsSame(BenchmarkItem example, BenchmarkItem item) =>
        ReferenceEquals(example, item) || (item.Origin is not null && example.Origin == item.Origin);
}

/// <summary>What an item counts in a metric, from the log-likelihoods of its choices.</summary>
internal static class ItemScoring
{
    /// <summary>The score of a task.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="items">The items.</param>
    /// <param name="scores">For each item its choices' scores.</param>
    public static BenchmarkScore Score(BenchmarkMetric metric, IReadOnlyList<BenchmarkItem> items, IReadOnlyList<SequenceScore[]> scores)
    {
        (double Mean, double Error) mean = SampleStatistics.Mean([.. items.Select((item, i) => Value(metric, item, scores[i]))]);
        var (value, error) = metric == BenchmarkMetric.Perplexity ? SampleStatistics.Exp(mean) : mean;
        return new BenchmarkScore { Metric = metric, Value = value, StandardError = error };
    }

    /// <summary>One item's value: 0..1, or the negative log-likelihood of the true choice for perplexity.</summary>
    public static double Value(BenchmarkMetric metric, BenchmarkItem item, SequenceScore[] scores) => metric switch
    {
        BenchmarkMetric.Accuracy => Credit(item, scores, _ => 1),
        BenchmarkMetric.NormalizedAccuracy => Credit(item, scores, text => text.EnumerateRunes().Count()),
        BenchmarkMetric.ByteNormalizedAccuracy => Credit(item, scores, Encoding.UTF8.GetByteCount),
        BenchmarkMetric.TrueShare => TrueShare(item, scores),
        BenchmarkMetric.GreedyAccuracy => scores[True(item)].IsGreedy ? 1 : 0,
        BenchmarkMetric.Perplexity => -scores[True(item)].LogLikelihood,
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, $"{metric} is no metric of items; see WordPerplexity."),
    };

    private static double Credit(BenchmarkItem item, SequenceScore[] scores, Func<string, int> length)
    {
        double[] values = [.. scores.Select((score, i) => score.LogLikelihood / length(item.Choices[i].Text))];
        double best = values.Max();
        return values[True(item)] == best ? 1.0 / values.Count(value => value == best) : 0;
    }

    private static double TrueShare(BenchmarkItem item, SequenceScore[] scores)
    {
        double most = scores.Max(score => score.LogLikelihood);
        double[] likelihoods = [.. scores.Select(score => Math.Exp(score.LogLikelihood - most))];
        return likelihoods.Where((_, i) => item.Choices[i].IsTrue).Sum() / likelihoods.Sum();
    }

    private static int True(BenchmarkItem item)
    {
        int index = 0;
        while (!item.Choices[index].IsTrue)
        {
            index++;
        }

        return index;
    }
}
