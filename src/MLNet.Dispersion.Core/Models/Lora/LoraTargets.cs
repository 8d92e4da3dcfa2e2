namespace MLNet.Dispersion;

/// <summary>Which layers and tables of a backbone LoRA adapts.</summary>
internal static class LoraTargets
{
    /// <summary>What <see cref="LoraOptions.TargetModules"/> says for all linear layers but the head.</summary>
    internal const string AllLinear = "all-linear";

    /// <summary>Every linear layer that can be adapted; a head that is tied to the embedding is none of them.</summary>
    internal static IReadOnlyList<(string Name, IAdaptable Layer)> All(LanguageBackbone backbone) =>
        [.. backbone.named_modules().Where(pair => pair.module is IAdaptable).Select(pair => (pair.name, (IAdaptable)pair.module))];

    /// <summary>Every table of embeddings.</summary>
    internal static IReadOnlyList<(string Name, EmbeddingTable Table)> Tables(LanguageBackbone backbone) =>
        [.. backbone.named_modules().Where(pair => pair.module is EmbeddingTable).Select(pair => (pair.name, (EmbeddingTable)pair.module))];

    /// <summary>The names of all that can be adapted, a tied head included.</summary>
    internal static IReadOnlyList<string> Modules(LanguageBackbone backbone) =>
        [.. All(backbone).Select(pair => pair.Name), .. Tables(backbone).Select(pair => pair.Name), .. backbone.TiedHeadName is { } head ? [head] : (string[])[]];

    /// <summary>The last parts of their names, for messages.</summary>
    internal static string Listing(LanguageBackbone backbone) =>
        string.Join(", ", Modules(backbone).Select(name => name[(name.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal));

    /// <summary>The names that the options give, or the architecture's default.</summary>
    /// <exception cref="ArgumentException">A name is not there, or there is no default.</exception>
    internal static IReadOnlyList<string> Names(LanguageBackbone backbone, LoraOptions options)
    {
        string type = backbone.Info.ModelType;
        if (All(backbone).Count == 0)
        {
            throw new ArgumentException($"The backbone {type} has no layers that LoRA reaches: it works for this library's own architectures. Train all weights, or the head alone.", nameof(options));
        }

        string existing = Listing(backbone);
        IReadOnlyList<string> names = options.TargetModules ?? (backbone.LoraTargets is { Count: > 0 } usual ? usual : null)
            ?? throw new ArgumentException($"There is no default of LoraOptions.TargetModules for {type}: name some of {existing}.", nameof(options));
        if (names is [AllLinear])
        {
            return [.. All(backbone).Where(pair => !ReferenceEquals(pair.Layer.Weight, backbone.OwnHead)).Select(pair => pair.Name)];
        }

        return Missing(backbone, names) is { } missing
            ? throw new ArgumentException($"LoraOptions.TargetModules names '{missing}', which {type} does not have. It has: {existing}.", nameof(options))
            : names;
    }

    /// <summary>The first name that nothing answers to, or null.</summary>
    internal static string? Missing(LanguageBackbone backbone, IReadOnlyList<string> names)
    {
        var all = Modules(backbone);
        return names.FirstOrDefault(name => !all.Any(module => TargetRule.IsEndOf(name, module)));
    }

    /// <summary>The modules of those names.</summary>
    internal static IReadOnlyList<string> Select(LanguageBackbone backbone, IReadOnlyList<string> names) =>
        [.. Modules(backbone).Where(module => names.Any(name => TargetRule.IsEndOf(name, module)))];
}
