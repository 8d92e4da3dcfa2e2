namespace MLNet.Dispersion.Studies.Spaces;

/// <summary>When a conditional parameter takes part: where another has one of some values. Immutable and thread-safe.</summary>
/// <param name="Parent">The other parameter's name.</param>
/// <param name="Values">The values, in the form that a <see cref="ParameterSet"/> holds.</param>
public sealed record ParameterCondition(string Parent, IReadOnlyList<object> Values)
{
    /// <summary>Whether it holds; not where the other parameter itself is absent.</summary>
    /// <param name="parameters">The values so far.</param>
    public bool Holds(ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.TryGetValue(Parent, out object? value) && Values.Contains(value);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Parent} = {string.Join(" or ", Values)}";
}
