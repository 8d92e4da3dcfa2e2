using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>How the records of a JSONL file become questions: the content of a task file. Immutable and thread-safe; change copies with <c>with</c>.</summary>
/// <remarks>
/// <para>
/// A template is a text with placeholders: <c>{question}</c> a field of the record (a text or a number), <c>{mc2.choices[0]}</c> one inside another,
/// <c>{sentence|before:_|trim}</c> one that goes through filters. Filters: <c>trim</c>; <c>spaces</c> (underscores become blanks); <c>capitalize</c>
/// (the first letter large, all others small); <c>unmark</c> (takes WikiHow's marks in brackets out); <c>before:X</c> and <c>after:X</c> (what is before or
/// after the first X). Names of its own: <c>{choice}</c> the choice, <c>{letter}</c> its letter from A, <c>{lettered}</c> all choices, each on a line after its letter.
/// A brace itself is written twice.
/// </para>
/// <para>
/// In JSON the properties have the same names in camel case, with <c>"version": 1</c>; see <see cref="ToJson"/>. Unknown names are errors.
/// </para>
/// </remarks>
public sealed record BenchmarkTemplate
{
    private const int CurrentVersion = 1;

    private static readonly VersionedJson<BenchmarkTemplate> Format = new("task file", schema: null, CurrentVersion, "See BenchmarkTemplate for the fields.") { HandWritten = true };

    /// <summary>Gets the version of the form; 1.</summary>
    [JsonIgnore]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Gets the short name, as in results.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the name for people. Default null: <see cref="Name"/>.</summary>
    public string? Title { get; init; }

    /// <summary>Gets the JSONL file, relative to the data directory.</summary>
    public required string Data { get; init; }

    /// <summary>Gets the values that a record's fields must have for it to be an item, such as <c>"round": "2"</c>. Default null: all.</summary>
    public IReadOnlyDictionary<string, string>? Where { get; init; }

    /// <summary>Gets what stands before the examples and the question, once. Default empty.</summary>
    public string Preamble { get; init; } = string.Empty;

    /// <summary>Gets the question. With <c>{choice}</c> in it each choice has a context of its own (partial scoring).</summary>
    public required string Context { get; init; }

    /// <summary>Gets the filters that the whole context goes through, by name. Default null: none.</summary>
    public IReadOnlyList<string>? ContextFilters { get; init; }

    /// <summary>Gets what is scored after the context. Default <c>" {choice}"</c>.</summary>
    public string Continuation { get; init; } = " {choice}";

    /// <summary>Gets the choices as templates, the same number for every record; this or <see cref="ChoicesField"/>.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>Gets the field that holds the array of choices, filters allowed; this or <see cref="Choices"/>.</summary>
    public string? ChoicesField { get; init; }

    /// <summary>Gets the field of the right choice: its index from 0, or its letter from A. Needed when there are more choices than one and no <see cref="LabelsField"/>.</summary>
    public string? GoldField { get; init; }

    /// <summary>Gets the field of an array that says of each choice whether it is true, 0 or 1; instead of <see cref="GoldField"/>. Several may be true where <see cref="BenchmarkMetric.TrueShare"/> is the only metric, one elsewhere.</summary>
    public string? LabelsField { get; init; }

    /// <summary>Gets what is scored; the first is the main one.</summary>
    public required IReadOnlyList<BenchmarkMetric> Metrics { get; init; }

    /// <summary>Gets the JSONL file of solved examples, relative to the data directory; may be <see cref="Data"/>, an item is then never its own example. Default null: there are none.</summary>
    public string? FewShotData { get; init; }

    /// <summary>Gets how many examples stand before a question unless the options say otherwise. Default 0. At least 0.</summary>
    public int FewShot { get; init; }

    /// <summary>Gets the field in which examples must agree with the item, such as a subject. Default null: no matter.</summary>
    public string? FewShotSameField { get; init; }

    /// <summary>Gets how they are chosen. Default <see cref="FewShotDraw.Random"/>.</summary>
    public FewShotDraw FewShotDraw { get; init; }

    /// <summary>Gets what stands after each example. Default an empty line.</summary>
    public string Separator { get; init; } = "\n\n";

    /// <summary>Reads a template.</summary>
    /// <param name="json">The JSON text.</param>
    /// <exception cref="FormatException">It is damaged, of a newer version, or says what cannot be; the message names the field and the cure.</exception>
    public static BenchmarkTemplate FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Read(json, "The task");
    }

    /// <summary>Reads a template from a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is damaged, of a newer version, or says what cannot be; the message names file, field and cure.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static BenchmarkTemplate Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Read(RegularFile.ReadAllText(path), path);
    }

    /// <summary>Gets the template of one of <see cref="BenchmarkTask.BuiltInNames"/>.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static BenchmarkTemplate BuiltIn(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Read(BuiltInTasks.Json(name), name);
    }

    /// <summary>The template as JSON; <see cref="FromJson"/> reads it.</summary>
    public string ToJson() => Format.Write(this);

    private static BenchmarkTemplate Read(string json, string owner)
    {
        BenchmarkTemplate template;
        try
        {
            template = Format.Read(json);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{owner}: {e.Message}", e);
        }

        return TemplateRules.Check(template, owner);
    }
}
