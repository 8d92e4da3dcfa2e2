using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Fills the records of a file into a task's templates, so that whatever does not fit shows before the model runs.</summary>
internal sealed class ItemBuilder
{
    private readonly BenchmarkTemplate _task;
    private readonly PromptTemplate _preamble;
    private readonly PromptTemplate _context;
    private readonly Func<string, string>[] _contextFilters;
    private readonly PromptTemplate _continuation;
    private readonly bool _scoresTheChoice;
    private readonly PromptTemplate[]? _choices;
    private readonly FieldPath? _choicesField;

    /// <summary>Reads the templates.</summary>
    /// <param name="task">The checked task.</param>
    /// <exception cref="FormatException">A template is wrong.</exception>
    public ItemBuilder(BenchmarkTemplate task)
    {
        _task = task;
        _preamble = new PromptTemplate(task.Preamble, Owner("preamble"));
        _context = new PromptTemplate(task.Context, Owner("context"));
        _contextFilters = [.. (task.ContextFilters ?? []).Select(name => FieldPath.Filter(name, Owner("contextFilters")))];
        _continuation = new PromptTemplate(task.Continuation, Owner("continuation"));
        _scoresTheChoice = _continuation.Names("choice") || _context.Names("choice");
        _choices = task.Choices?.Select(choice => new PromptTemplate(choice, Owner("choices"))).ToArray();
        _choicesField = task.ChoicesField is { } field ? new FieldPath(field, Owner("choicesField")) : null;
    }

    /// <summary>The items of a file that are the task's, at least one.</summary>
    /// <exception cref="FormatException">A line does not fit.</exception>
    public IReadOnlyList<BenchmarkItem> Read(string path)
    {
        BenchmarkItem[] items = [.. JsonLines.Read(path).Where(IsWanted).Select(Build)];
        return items.Length > 0 ? items : throw new FormatException(
            $"{path}: no record has {string.Join(" and ", _task.Where!.Select(pair => $"{pair.Key} = {pair.Value}"))}, as the field 'where' of the task '{_task.Name}' asks. Change it or take another file.");
    }

    private bool IsWanted(JsonRecord record) => _task.Where is not { } where || where.All(pair => record.Text(pair.Key) == pair.Value);

    private BenchmarkItem Build(JsonRecord record)
    {
        IReadOnlyList<string> texts = _choicesField?.Texts(record) ?? [.. _choices!.Select(choice => choice.Fill(record))];
        for (int i = 0; i < texts.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(texts[i]))
            {
                throw record.Error(_choicesField?.Path ?? "choices", FormattableString.Invariant($"has an empty choice (number {i})"), "an empty text has no likelihood: repair the line or take it out");
            }
        }

        bool[] truth = Truth(record, texts.Count);
        var own = new Dictionary<string, string> { ["lettered"] = string.Join('\n', texts.Select((text, i) => $"{Letter(i)}. {text}")) };
        return new BenchmarkItem
        {
            Id = record.TextOrNull("id") ?? record.Origin,
            Choices = [.. texts.Select((text, i) => Choice(record, own, i, text, truth[i]))],
            Preamble = _preamble.Fill(record),
            Group = _task.FewShotSameField is { } field ? record.Text(field) : null,
            Origin = record.Origin,
        };
    }

    private BenchmarkChoice Choice(JsonRecord record, Dictionary<string, string> own, int index, string text, bool isTrue)
    {
        own["choice"] = text;
        own["letter"] = Letter(index);
        string context = _contextFilters.Aggregate(_context.Fill(record, own), (current, filter) => filter(current));
        string continuation = _continuation.Fill(record, own);
        return !string.IsNullOrWhiteSpace(continuation) ? new BenchmarkChoice { Context = context, Continuation = continuation, Text = _scoresTheChoice ? text : continuation.Trim(), IsTrue = isTrue }
            : throw new FormatException($"{record.Origin}: the continuation is empty: there is nothing to score. Repair the line or take it out.");
    }

    private bool[] Truth(JsonRecord record, int choices)
    {
        if (_task.LabelsField is { } labels)
        {
            return record.Labels(labels, choices);
        }

        var truth = new bool[choices];
        truth[_task.GoldField is { } gold ? record.Gold(gold, choices) : 0] = true;
        return truth;
    }

    private static string Letter(int index) => index < 26 ? ((char)('A' + index)).ToString() : (index + 1).ToString(CultureInfo.InvariantCulture);

    private string Owner(string field) => $"The task '{_task.Name}', field '{field}'";
}
