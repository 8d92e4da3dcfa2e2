using System.Text;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion;

/// <summary>A text with placeholders: <c>{field}</c>, <c>{field.inner[0]|filter|filter}</c>; braces themselves are written twice.</summary>
internal sealed class PromptTemplate
{
    private readonly List<(string Literal, FieldPath? Field)> _parts = [];

    /// <summary>Reads a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="owner">What messages call it.</param>
    /// <exception cref="FormatException">A brace is not closed, or a filter unknown.</exception>
    public PromptTemplate(string text, string owner)
    {
        var literal = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is not ('{' or '}'))
            {
                literal.Append(c);
            }
            else if (i + 1 < text.Length && text[i + 1] == c)
            {
                literal.Append(c);
                i++;
            }
            else
            {
                int end = c == '{' ? text.IndexOf('}', i) : -1;
                if (end < 0)
                {
                    throw new FormatException(FormattableString.Invariant($"{owner}: the '{c}' at character {i + 1} of \"{text}\" has no partner; close the placeholder, or write '{c}{c}' for the brace itself."));
                }

                _parts.Add((literal.ToString(), new FieldPath(text[(i + 1)..end], owner)));
                literal.Clear();
                i = end;
            }
        }

        _parts.Add((literal.ToString(), null));
    }

    /// <summary>Whether a name stands in one of the placeholders.</summary>
    public bool Names(string field) => _parts.Any(part => part.Field?.Path == field);

    /// <summary>Fills the template.</summary>
    /// <param name="record">Where the fields are.</param>
    /// <param name="own">Names that come before the record's, such as <c>choice</c>; null for none.</param>
    /// <exception cref="FormatException">A field is missing or does not fit.</exception>
    public string Fill(JsonRecord record, IReadOnlyDictionary<string, string>? own = null)
    {
        var text = new StringBuilder();
        foreach ((string literal, FieldPath? field) in _parts)
        {
            text.Append(literal).Append(field?.Text(record, own));
        }

        return text.ToString();
    }
}

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

    /// <summary>Gets the field.</summary>
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

/// <summary>What a placeholder may do to its text, by name.</summary>
internal static partial class TextFilter
{
    /// <summary>The names, for messages.</summary>
    public const string Names = "trim, spaces, capitalize, unmark, before:X, after:X";

    /// <summary>The filter of a name; null when there is none.</summary>
    public static Func<string, string>? Find(string name) => name switch
    {
        "trim" => text => text.Trim(),
        "spaces" => text => text.Replace('_', ' '),
        "capitalize" => Capitalize,
        "unmark" => Unmark,
        _ when name.StartsWith("before:", StringComparison.Ordinal) && name.Length > 7 => text => text[..Place(text, name[7..])],
        _ when name.StartsWith("after:", StringComparison.Ordinal) && name.Length > 6 => text => text[(Place(text, name[6..]) + name.Length - 6)..],
        _ => null,
    };

    /// <summary>The first letter large, all others small.</summary>
    private static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Takes WikiHow's marks in brackets out: a title becomes a full stop.</summary>
    private static string Unmark(string text) =>
        Mark().Replace(text.Trim().Replace(" [title]", ". ", StringComparison.Ordinal), string.Empty).Replace("  ", " ", StringComparison.Ordinal);

    private static int Place(string text, string mark)
    {
        int place = text.IndexOf(mark, StringComparison.Ordinal);
        return place >= 0 ? place : throw new FormatException($"has no '{mark}'");
    }

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Mark();
}
