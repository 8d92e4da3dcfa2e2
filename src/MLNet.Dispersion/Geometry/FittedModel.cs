using System.Globalization;
using System.Reflection;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Finds the language model in what a pipeline was fitted to.</summary>
internal static class FittedModel
{
    /// <summary>The one transformer that holds a language model (<see cref="TextTransformer.Measurable"/>): the given one, or somewhere in the chain that it is.</summary>
    /// <exception cref="ArgumentException">There is none, or more than one.</exception>
    internal static TextTransformer Find(ITransformer fitted, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(fitted, parameterName);
        ITransformer[] parts = [.. Parts(fitted)];
        TextTransformer[] found = [.. parts.OfType<TextTransformer>().Where(part => part.Measurable is not null).Distinct()];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new ArgumentException(
                $"There is no fitted model to measure: expected one of {string.Join(", ", Measurable())}, alone or inside a chain, and found {Names(parts)}. Pass what fitting a pipeline with FineTuneWithDispersion gave, or a backbone.",
                parameterName),
            _ => throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"There are {found.Length} fitted models in the chain ({string.Join(", ", found.Select(model => $"{model.BackboneName} on column '{model.TextColumnName}'"))}), and it is not clear which to measure. Pass the one meant: chain.OfType<{nameof(TextTransformer)}>() lists those of a chain."),
                parameterName),
        };
    }

    /// <summary>The names of the transformers that hold a language model of their own.</summary>
    private static IEnumerable<string> Measurable() => typeof(TextTransformer).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(TextTransformer)))
        .Where(type => type.GetProperty(nameof(TextTransformer.Measurable), BindingFlags.Instance | BindingFlags.NonPublic)!.DeclaringType != typeof(TextTransformer))
        .Select(type => type.Name)
        .Order(StringComparer.Ordinal);

    // Chains within chains are flattened.
    private static IEnumerable<ITransformer> Parts(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [transformer];

    private static string Names(ITransformer[] parts) => parts.Length == 0 ? "an empty chain" : string.Join(", ", parts.Select(part => part.GetType().Name));
}
