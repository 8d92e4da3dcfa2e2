using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>Says when a conditional parameter takes part: where another has one of some values. Immutable and thread-safe.</summary>
public sealed record ParameterCondition
{
    /// <summary>Gets the other parameter's name.</summary>
    public required string Parent { get; init; }

    /// <summary>Gets the values, in the form that a <see cref="ParameterSet"/> holds.</summary>
    public required IReadOnlyList<object> Values { get; init; }

    /// <summary>Gets what must hold besides; null for nothing. Set where conditions are nested although the inner one's parameter stands outside the outer one.</summary>
    public ParameterCondition? And { get; init; }

    /// <summary>A text that two conditions share only if they are the same.</summary>
    internal string Key => JsonSerializer.Serialize(Parent) + string.Join(',', Values.Select(value => JsonSerializer.Serialize(value))) + And?.Key;

    /// <summary>Tells whether it holds; not where the other parameter itself is absent.</summary>
    /// <param name="parameters">The values so far.</param>
    public bool Holds(ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.TryGetValue(Parent, out object? value) && Values.Contains(value) && (And?.Holds(parameters) ?? true);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Parent} = {string.Join(" or ", Values)}{(And is null ? "" : $" and {And}")}");

    /// <summary>Whether the parameter of this name decides over it.</summary>
    internal bool DependsOn(string name) => Parent == name || (And?.DependsOn(name) ?? false);

    /// <summary>This and another.</summary>
    internal ParameterCondition Within(ParameterCondition outer) => this with { And = And?.Within(outer) ?? outer };

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("parent", Parent);
        json.WriteStartArray("values");
        foreach (object value in Values)
        {
            ParameterSet.WriteValue(json, value);
        }

        json.WriteEndArray();
        if (And is not null)
        {
            json.WriteStartObject("and");
            And.Write(json);
            json.WriteEndObject();
        }
    }
}
