using System.Text.RegularExpressions;

namespace MLNet.Dispersion;

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
