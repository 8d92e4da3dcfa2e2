using System.Text;

namespace MLNet.Dispersion;

/// <summary>What stands before the questions of a task: preamble and solved examples.</summary>
internal sealed class PromptBuilder
{
    private readonly BenchmarkTask _task;
    private readonly int _seed;
    private readonly ILookup<string?, BenchmarkItem> _examples;
    private readonly Dictionary<string, HarnessDraw> _harness = new(StringComparer.Ordinal);

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

    /// <summary>The text before an item's context; to be asked for once an item and in their order, on which <see cref="FewShotDraw.Harness"/> depends.</summary>
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
        if (_task.Template.FewShotDraw == FewShotDraw.Harness)
        {
            return DrawAsTheHarness(item);
        }

        BenchmarkItem[] candidates = [.. _examples[item.Group].Where(example => !IsSame(example, item))];
        if (_task.Template.FewShotDraw == FewShotDraw.Random)
        {
            new Random(SeedMixer.Mix(_seed, index)).Shuffle(candidates);
        }

        return candidates.Take(FewShot);
    }

    /// <summary>One more than needed where the item itself may be among them: then the item, or the last, is left out.</summary>
    private IEnumerable<BenchmarkItem> DrawAsTheHarness(BenchmarkItem item)
    {
        string group = item.Group ?? string.Empty;
        if (!_harness.TryGetValue(group, out HarnessDraw? draw))
        {
            _harness.Add(group, draw = new HarnessDraw());
        }

        BenchmarkItem[] all = [.. _examples[item.Group]];
        bool fromItems = _task.Template.FewShotData == _task.Template.Data;
        return draw.Sample(all.Length, FewShot + (fromItems ? 1 : 0)).Select(place => all[place]).Where(example => !IsSame(example, item)).Take(FewShot);
    }

    private static bool IsSame(BenchmarkItem example, BenchmarkItem item) =>
        ReferenceEquals(example, item) || (item.Origin is not null && example.Origin == item.Origin);
}
