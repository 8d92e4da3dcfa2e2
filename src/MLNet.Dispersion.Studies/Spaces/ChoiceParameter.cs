using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>One of some values without an order.</summary>
public sealed class ChoiceParameter : SearchParameter
{
    internal ChoiceParameter(string name, IReadOnlyList<object> values)
        : base(name)
    {
        Values = [.. values.Select(value => ParameterSet.Normalised(name, value))];
        if (Values.Count < 2)
        {
            throw new ArgumentException($"The choice '{name}' has {Values.Count} values; it needs at least 2. What never varies belongs into the pipeline, not into the space.", nameof(values));
        }

        if (Values.CountBy(value => JsonSerializer.Serialize(value)).FirstOrDefault(pair => pair.Value > 1) is { Key: { } twice })
        {
            throw new ArgumentException($"The choice '{name}' has {twice} twice; list each value once.", nameof(values));
        }
    }

    /// <summary>Gets the values, in the form that a <see cref="ParameterSet"/> holds.</summary>
    public IReadOnlyList<object> Values { get; }

    /// <inheritdoc/>
    public override string Range => "one of " + string.Join(", ", Values);

    internal override int? Count => Values.Count;

    internal override bool IsOrdered => false;

    /// <inheritdoc/>
    public override bool Accepts(object value) => Values.Contains(value);

    internal override object At(double place) => Values[Math.Clamp((int)(place * Values.Count), 0, Values.Count - 1)];

    internal override double PlaceOf(object value) => (Values.ToList().IndexOf(value) + 0.5) / Values.Count;

    internal override SearchParameter When(ParameterCondition condition) => new ChoiceParameter(Name, Values) { Condition = condition };

    internal override object Read(JsonElement value) =>
        Values.FirstOrDefault(candidate => JsonSerializer.Serialize(candidate) == JsonSerializer.Serialize(value)) ?? throw Unreadable(value);

    private protected override void WriteRange(Utf8JsonWriter json)
    {
        json.WriteString("type", "choice");
        json.WriteStartArray("of");
        foreach (object value in Values)
        {
            ParameterSet.WriteValue(json, value);
        }

        json.WriteEndArray();
    }
}
