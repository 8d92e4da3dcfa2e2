namespace MLNet.Dispersion;

/// <summary>A benchmark ready to run: its items and the examples that may stand before them. Immutable and thread-safe.</summary>
/// <remarks>
/// Tasks come from a <see cref="BenchmarkTemplate"/> and JSONL files, or are made in code. Files are UTF-8, one JSON object a line, blank lines allowed; which
/// fields they need is what the template names. Every line is filled into the templates when the task is made, so a bad one shows before any model runs.
/// </remarks>
public sealed class BenchmarkTask
{
    /// <summary>Makes a task of items.</summary>
    /// <param name="template">Name, metrics, and how examples are chosen; its templates and files are not used.</param>
    /// <param name="items">The items, at least one.</param>
    /// <param name="examples">Items that few-shot examples are taken from; null for none.</param>
    /// <exception cref="ArgumentException">There is no item; one has no choice, no true one, or an empty text; or an item has several true choices and a metric other than mc2 is asked for.</exception>
    public BenchmarkTask(BenchmarkTemplate template, IReadOnlyList<BenchmarkItem> items, IReadOnlyList<BenchmarkItem>? examples = null)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count == 0)
        {
            throw new ArgumentException($"The task '{template.Name}' has no items; give at least one.", nameof(items));
        }

        Template = template;
        Items = Array.AsReadOnly(items.ToArray());
        Examples = Array.AsReadOnly(examples?.ToArray() ?? []);
        foreach (BenchmarkItem item in Items.Concat(Examples))
        {
            Check(item);
        }
    }

    /// <summary>Gets the tasks that the library brings templates of (not data): the ten published ones (ANLI r2, LAMBADA, OpenBookQA, PIQA, TruthfulQA mc2, WinoGrande, ARC-Easy, ARC-Challenge, MedMCQA, MMLU), HellaSwag and TruthfulQA mc1.</summary>
    public static IReadOnlyList<string> BuiltInNames => BuiltInTasks.Names;

    /// <summary>Gets what it is made by.</summary>
    public BenchmarkTemplate Template { get; }

    /// <summary>Gets the questions, in the order of their file.</summary>
    public IReadOnlyList<BenchmarkItem> Items { get; }

    /// <summary>Gets what few-shot examples are taken from; empty when there are none.</summary>
    public IReadOnlyList<BenchmarkItem> Examples { get; }

    /// <summary>Gets the short name.</summary>
    public string Name => Template.Name;

    /// <summary>Gets the name for people.</summary>
    public string Title => Template.Title ?? Template.Name;

    /// <summary>Loads one of <see cref="BuiltInNames"/>.</summary>
    /// <param name="name">Its name, such as <c>arc_easy</c>.</param>
    /// <param name="dataDirectory">The folder that holds the files its template names, such as <c>arc_easy/eval.jsonl</c>.</param>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    /// <exception cref="FormatException">A line is damaged; the message names file, line, field and cure.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static BenchmarkTask BuiltIn(string name, string dataDirectory) => FromTemplate(BenchmarkTemplate.BuiltIn(name), dataDirectory);

    /// <summary>Loads a task file.</summary>
    /// <param name="path">The task file: the JSON form of <see cref="BenchmarkTemplate"/>.</param>
    /// <param name="dataDirectory">The folder that its data files are relative to; null for the folder of the task file.</param>
    /// <exception cref="FormatException">The file or a line of its data is damaged; the message names file, line, field and cure.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static BenchmarkTask FromFile(string path, string? dataDirectory = null) =>
        FromTemplate(BenchmarkTemplate.Load(path), dataDirectory ?? Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>Fills the data of a template into it.</summary>
    /// <param name="template">The template.</param>
    /// <param name="dataDirectory">The folder that its data files are relative to.</param>
    /// <exception cref="FormatException">The template or a line of its data is damaged; the message names file, line, field and cure.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static BenchmarkTask FromTemplate(BenchmarkTemplate template, string dataDirectory)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentException.ThrowIfNullOrWhiteSpace(dataDirectory);
        TemplateRules.Check(template, $"The task '{template.Name}'");
        var items = new ItemBuilder(template).Read(Path.Combine(dataDirectory, template.Data));
        IReadOnlyList<BenchmarkItem> examples = template.FewShotData is not { } file ? []
            : file == template.Data ? items
            : new ItemBuilder(template with { Where = null }).Read(Path.Combine(dataDirectory, file));
        return new BenchmarkTask(template, items, examples);
    }

    private void Check(BenchmarkItem item)
    {
        bool onlyShares = Template.Metrics.All(metric => metric == BenchmarkMetric.TrueShare);
        int truths = item.Choices.Count(choice => choice.IsTrue);
        string? problem = truths == 0 ? "has no true choice"
            : truths > 1 && !onlyShares ? $"has {truths} true choices, which only the metric mc2 knows"
            : item.Choices.Any(choice => choice.Text.Length == 0 || string.IsNullOrWhiteSpace(choice.Continuation)) ? "has a choice whose text or continuation is empty"
            : null;
        if (problem is not null)
        {
            throw new ArgumentException($"The item '{item.Id}' of the task '{Name}' {problem}. Repair it or leave it out.");
        }
    }
}
