namespace MLNet.Dispersion;

/// <summary>A field of a record and the filters its text goes through: <c>field.inner[0]|filter|filter</c>.</summary>
internal sealed class FieldPath
{
    private readonly Func<string, string>[] _filters;

    /// <summary>Reads a path.</summary>
    /// <param name="text">The path.</param>
    /// <param name="owner">What messages call the template that it stands in.</param>
    /// <exception cref="FormatException">It is empty, or a filter is unknown.</exception>
    public FieldPath(string text, string owner)
    {
        string[] parts = text.Split('|');
        Path = parts[0].Trim();
        if (Path.Length == 0)
        {
            throw new FormatException($"{owner}: '{text}' names no field; write a field of the data, such as {{question}}.");
        }

        _filters = [.. parts.Skip(1).Select(name => Filter(name, owner))];
    }

    /// <summary>The field.</summary>
    public string Path { get; }

    /// <summary>The filter of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static Func<string, string> Filter(string name, string owner) =>
        TextFilter.Find(name) ?? throw new FormatException($"{owner}: '{name}' is no filter; choose one of {TextFilter.Names}.");

    /// <summary>The filtered text.</summary>
    public string Text(JsonRecord record, IReadOnlyDictionary<string, string>? own) =>
        Apply(record, own is not null && own.TryGetValue(Path, out string? text) ? text : record.Text(Path));

    /// <summary>The filtered texts of an array.</summary>
    public IReadOnlyList<string> Texts(JsonRecord record) => [.. record.Texts(Path).Select(text => Apply(record, text))];

    private string Apply(JsonRecord record, string text)
    {
        try
        {
            return _filters.Aggregate(text, (current, filter) => filter(current));
        }
        catch (FormatException e)
        {
            throw record.Error(Path, e.Message, "the task's template cuts the text there: repair the line");
        }
    }
}
