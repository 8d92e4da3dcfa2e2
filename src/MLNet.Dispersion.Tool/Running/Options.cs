using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MLNet.Dispersion.Tool;

/// <summary>Makes options that several verbs have in the same form.</summary>
internal static class Options
{
    /// <summary>An option of a number, read in the same way everywhere and without thousands separators.</summary>
    public static Option<double?> Number(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = argument => Read(argument, name),
    };

    public static Option<int?> Count(string name, string description) => new(name) { Description = description };

    public static Option<string?> Text(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };

    /// <summary>An option of one of an enumeration's names, which completion offers.</summary>
    public static Option<T?> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        var option = new Option<T?>(name) { Description = $"{description} One of {string.Join(", ", Enum.GetNames<T>())}.", HelpName = "name" };
        option.CompletionSources.Add(Enum.GetNames<T>());
        return option;
    }

    private static double? Read(ArgumentResult argument, string name)
    {
        string text = argument.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
        {
            return number;
        }

        argument.AddError($"{name}: '{text}' is no number. Write it with a point, such as 0.1 or 2e-5.");
        return null;
    }
}
