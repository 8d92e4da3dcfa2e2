using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Models;

/// <summary>Regular expressions over the names of modules, as PEFT's settings hold them.</summary>
internal static class NameExpression
{
    /// <summary>An expression from a file may be made to take forever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>An expression that must match the whole name (<c>re.fullmatch</c>).</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    internal static Regex Whole(string expression) => Make($"^(?:{expression})$");

    /// <summary>An expression that must match the end of the name, from a point or the beginning on.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    internal static Regex Ending(string expression) => Make($"^(?:.*\\.)?(?:{expression})$");

    /// <summary>Whether text is an expression that can be used here.</summary>
    internal static bool IsValid(string expression)
    {
        try
        {
            _ = Ending(expression);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The value of the first key that matches the end of a name; null where none does.</summary>
    internal static T? First<T>(IReadOnlyDictionary<string, T>? patterns, string name)
        where T : struct
    {
        foreach (var (key, value) in patterns ?? new Dictionary<string, T>())
        {
            if (Ending(key).IsMatch(name))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>An expression that must match from the beginning of a name on (<c>re.match</c>).</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    internal static Regex Beginning(string expression) => Make($"^(?:{expression})");

    // Python names groups (?P<name>…).
    private static Regex Make(string expression) => new(expression.Replace("(?P<", "(?<", StringComparison.Ordinal), RegexOptions.CultureInvariant, Patience);
}
