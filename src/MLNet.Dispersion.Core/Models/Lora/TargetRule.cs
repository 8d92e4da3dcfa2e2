using System.Globalization;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Models;

/// <summary>Which modules a configuration of PEFT adapts: target_modules with exclude_modules, layers_to_transform, layers_pattern and modules_to_save. Names are those of the files.</summary>
internal sealed record TargetRule
{
    /// <summary>Names or their ends; null where <see cref="Expression"/> or the tensors say it.</summary>
    internal IReadOnlyList<string>? Names { get; init; }

    /// <summary>Matches whole names; null where there is none.</summary>
    internal Regex? Expression { get; init; }

    /// <summary>Names or their ends that are left out.</summary>
    internal IReadOnlyList<string> ExcludedNames { get; init; } = [];

    /// <summary>Matches whole names that are left out; null for none.</summary>
    internal Regex? Excluded { get; init; }

    /// <summary>Numbers of layers outside of which nothing is adapted; null for all.</summary>
    internal IReadOnlyList<int>? Layers { get; init; }

    /// <summary>What stands before a layer's number; empty for anything.</summary>
    internal IReadOnlyList<string> LayersPatterns { get; init; } = [];

    /// <summary>Modules that are kept whole, and so are not adapted.</summary>
    internal IReadOnlyList<string> Saved { get; init; } = [];

    /// <summary>Whether it says anything: else the tensors of the file are all there is.</summary>
    internal bool IsGiven => Names is not null || Expression is not null;

    /// <summary>Whether nothing but a list of names says it.</summary>
    internal bool IsPlainList => Names is not null && ExcludedNames.Count == 0 && Excluded is null && Layers is null;

    /// <summary>Whether a module is adapted.</summary>
    internal bool Includes(string module)
    {
        if (Excluded?.IsMatch(module) == true || ExcludedNames.Any(name => IsEndOf(name, module)) || Saved.Any(name => IsBelow(module, name)))
        {
            return false;
        }

        return Expression is not null
            ? Expression.IsMatch(module)
            : Names is not null && (Names.Contains(module) || (Names.Any(name => IsEndOf(name, module)) && IsInLayers(module)));
    }

    /// <summary>Whether a name is that of a module, or its end from a point on.</summary>
    internal static bool IsEndOf(string name, string module) => module == name || module.EndsWith("." + name, StringComparison.Ordinal);

    /// <summary>Whether a module is one of that name, or part of one.</summary>
    internal static bool IsBelow(string module, string name) => $".{module}.".Contains($".{name}.", StringComparison.Ordinal);

    private bool IsInLayers(string module)
    {
        if (Layers is null)
        {
            return true;
        }

        string[] patterns = LayersPatterns.Count == 0 ? [@".*\.[^.]*"] : [.. LayersPatterns.Select(pattern => $@".*\.{pattern}")];
        foreach (string pattern in patterns)
        {
            Match match = NameExpression.Beginning(pattern + @"\.(?<layer>\d+)\.").Match(module);
            if (match.Success)
            {
                return int.TryParse(match.Groups["layer"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) && Layers.Contains(layer);
            }
        }

        return false;
    }
}
