using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Files;

/// <summary>Makes names and shapes that come out of files fit for error messages: short, and without control characters.</summary>
internal static class Printable
{
    private const int MaxLength = 120;

    internal static string Name(string name)
    {
        bool clean = name.Length <= MaxLength && !name.Any(char.IsControl);
        if (clean)
        {
            return name;
        }

        var text = new StringBuilder();
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, MaxLength)))
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return name.Length > MaxLength ? text.Append('…').ToString() : text.ToString();
    }

    internal static string Shape(IEnumerable<long> shape)
    {
        var sizes = shape.Take(9).Select(size => size.ToString(CultureInfo.InvariantCulture)).ToList();
        if (sizes.Count > 8)
        {
            sizes[8] = "…";
        }

        return "[" + string.Join(", ", sizes) + "]";
    }

    /// <summary>The first ten of the names, and how many more there are.</summary>
    internal static string FirstTen(IReadOnlyCollection<string> names)
    {
        string list = string.Join(", ", names.Take(10).Select(Name));
        return names.Count > 10 ? $"{list} and {names.Count - 10} more" : list;
    }
}
