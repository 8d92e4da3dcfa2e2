using System.Globalization;
using System.Reflection;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Options as names and texts: every option that can change what training computes, those of later versions included.</summary>
internal static class OptionsFingerprint
{
    private const string None = "none";

    /// <summary>Adds all options, those of options within options too.</summary>
    /// <param name="options">The options.</param>
    /// <param name="prefix">What their names begin with.</param>
    /// <param name="into">Gets an entry an option.</param>
    internal static void Describe(object options, string prefix, IDictionary<string, string> into)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && !IsIrrelevant(property)))
        {
            object? value = property.GetValue(options);
            if (value is not null && IsOptions(property.PropertyType))
            {
                Describe(value, $"{prefix}{property.Name}.", into);
            }
            else
            {
                into[prefix + property.Name] = Text(value);
            }
        }
    }

    /// <summary>Whom training tells and who may stop it, how the model is saved and scored, and what checkpoints note apart in its resolved form.</summary>
    private static bool IsIrrelevant(PropertyInfo property) =>
        property.PropertyType == typeof(CheckpointOptions)
        || property.PropertyType == typeof(CancellationToken)
        || property.PropertyType == typeof(AdapterSaving)
        || (property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IProgress<>))
        || typeof(Delegate).IsAssignableFrom(property.PropertyType)
        || (property.DeclaringType == typeof(FineTuneOptions) && property.Name is nameof(FineTuneOptions.Seed) or nameof(FineTuneOptions.Device) or nameof(FineTuneOptions.Precision) or nameof(FineTuneOptions.ScoringPrecision));

    private static bool IsOptions(Type type) => type.Assembly == typeof(FineTuneOptions).Assembly && type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal);

    private static string Text(object? value) => value switch
    {
        null => None,
        string text => text,
        PretrainedLanguageModel model => $"{model.Name} {Hashing.Of(model.Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (Tensor)pair.parameter)))}",
        IReadOnlyCollection<string> texts => string.Create(CultureInfo.InvariantCulture, $"{texts.Count} texts {Hashing.Of(texts)}"),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? None,
    };
}
