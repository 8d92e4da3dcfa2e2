using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>Makes names and shapes that come out of files fit for error messages: short, and without control characters.</summary>
public static class Printable
{
    private const int MaxLength = 120;

    /// <summary>Makes a name that came out of a file fit for a message: at most 120 characters, each control character, and each that changes how others are shown, a question mark.</summary>
    /// <param name="name">The name.</param>
    public static string Name(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        bool clean = name.Length <= MaxLength && !name.Any(IsHidden);
        if (clean)
        {
            return name;
        }

        var text = new StringBuilder();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, MaxLength)))
        {
            text.Append(IsHidden(c) ? '?' : c);
        }

        return name.Length > MaxLength ? text.Append('…').ToString() : text.ToString();
    }

    private static bool IsHidden(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Writes a shape as <c>[2, 3]</c>, eight sizes at most.</summary>
    /// <param name="shape">The sizes.</param>
    public static string Shape(IEnumerable<long> shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var sizes = shape.Take(9).Select(size => size.ToString(CultureInfo.InvariantCulture)).ToList();
        if (sizes.Count > 8)
        {
            sizes[8] = "…";
        }

        return "[" + string.Join(", ", sizes) + "]";
    }

    /// <summary>Lists the first ten names, and says how many more there are.</summary>
    /// <param name="names">The names.</param>
    public static string FirstTen(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string list = string.Join(", ", names.Take(10).Select(Name));
        return names.Count > 10 ? $"{list} and {names.Count - 10} more" : list;
    }
}
