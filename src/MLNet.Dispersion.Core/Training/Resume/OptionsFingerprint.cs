using System.Globalization;
using System.Reflection;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Options as names and texts: every one but those marked <see cref="OutsideTheRunAttribute"/>, those of later versions included.</summary>
internal static class OptionsFingerprint
{
    internal const string None = "none";

    /// <summary>Adds all options, those of options within options too.</summary>
    /// <param name="options">The options.</param>
    /// <param name="prefix">What their names begin with.</param>
    /// <param name="into">Gets an entry an option.</param>
    internal static void Describe(IOptions options, string prefix, IDictionary<string, string> into)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && !property.IsDefined(typeof(OutsideTheRunAttribute))))
        {
            object? value = property.GetValue(options);
            if (value is IOptions inner)
            {
                Describe(inner, $"{prefix}{property.Name}.", into);
            }
            else
            {
                into[prefix + property.Name] = Text(value);
            }
        }
    }

    private static string Text(object? value) => value switch
    {
        null => None,
        string text => text,
        PretrainedLanguageModel model => $"{model.Name} {Hashing.Of(model.Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (Tensor)pair.parameter)))}",
        IReadOnlyDictionary<string, int> numbers => Text(numbers.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {pair.Value}")).ToArray()),
        IReadOnlyDictionary<string, double> numbers => Text(numbers.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {pair.Value}")).ToArray()),
        IReadOnlyCollection<string> texts => string.Create(CultureInfo.InvariantCulture, $"{texts.Count} texts {Hashing.Of(texts)}"),
        System.Collections.IEnumerable values => string.Join(", ", values.Cast<object>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? None,
    };
}
