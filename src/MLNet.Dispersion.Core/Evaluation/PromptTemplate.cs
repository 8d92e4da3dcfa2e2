using System.Text;

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
