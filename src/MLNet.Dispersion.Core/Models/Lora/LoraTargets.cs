namespace MLNet.Dispersion;

/// <summary>Which layers of a backbone LoRA adapts.</summary>
internal static class LoraTargets
{
    /// <summary>Every layer that can be adapted.</summary>
    internal static IReadOnlyList<(string Name, IAdaptable Layer)> All(LanguageBackbone backbone) =>
        [.. backbone.named_modules().Where(pair => pair.module is IAdaptable).Select(pair => (pair.name, (IAdaptable)pair.module))];

    /// <summary>The last parts of their names, for messages.</summary>
    internal static string Listing(LanguageBackbone backbone) =>
        string.Join(", ", All(backbone).Select(pair => pair.Name[(pair.Name.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal));

    /// <summary>The names that the options give, or the architecture's default.</summary>
    /// <exception cref="ArgumentException">A name is not there, or there is no default.</exception>
    internal static IReadOnlyList<string> Names(LanguageBackbone backbone, LoraOptions options)
    {
        string type = backbone.Info.ModelType;
        string existing = Listing(backbone);
        if (existing.Length == 0)
        {
            throw new ArgumentException($"The backbone {type} has no layers that LoRA reaches: it works for this library's own architectures. Train all weights, or the head alone.", nameof(options));
        }

        IReadOnlyList<string> names = options.TargetModules ?? (backbone.LoraTargets is { Count: > 0 } usual ? usual : null)
            ?? throw new ArgumentException($"There is no default of LoraOptions.TargetModules for {type}: name some of {existing}.", nameof(options));
        return Missing(backbone, names) is { } missing
            ? throw new ArgumentException($"LoraOptions.TargetModules names '{missing}', which {type} does not have. It has: {existing}.", nameof(options))
            : names;
    }

    /// <summary>The first name that no layer answers to, or null.</summary>
    internal static string? Missing(LanguageBackbone backbone, IReadOnlyList<string> names)
    {
        var all = All(backbone);
        return names.FirstOrDefault(name => !all.Any(pair => Matches(pair.Name, name)));
    }

    /// <summary>The layers of those names.</summary>
    internal static IReadOnlyList<(string Name, IAdaptable Layer)> Select(LanguageBackbone backbone, IReadOnlyList<string> names) =>
        [.. All(backbone).Where(pair => names.Any(name => Matches(pair.Name, name)))];

    private static bool Matches(string module, string name) => module == name || module.EndsWith("." + name, StringComparison.Ordinal);
}
