using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>One dimension of a search space. Immutable and thread-safe.</summary>
public abstract class SearchParameter
{
    private protected SearchParameter(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Gets its name, unique in the space.</summary>
    public string Name { get; }

    /// <summary>Gets when it takes part; null for always.</summary>
    public ParameterCondition? Condition { get; internal init; }

    /// <summary>Gets what it can be, in words for messages and tables.</summary>
    public abstract string Range { get; }

    /// <summary>How many values it has; null for a continuum.</summary>
    internal abstract int? Count { get; }

    /// <summary>Whether values lie in an order, so that those near a good one are worth a look.</summary>
    internal virtual bool IsOrdered => true;

    /// <summary>Tells whether it can have this value.</summary>
    /// <param name="value">In the form that a <see cref="ParameterSet"/> holds.</param>
    public abstract bool Accepts(object value);

    /// <summary>The value at a place of the unit interval; each value of a finite parameter has as large a share as the others, unless it is logarithmic.</summary>
    /// <param name="place">From 0 to 1; ends included.</param>
    internal abstract object At(double place);

    /// <summary>A value's place in the unit interval; of a finite parameter the middle of its share.</summary>
    /// <param name="value">One that it accepts.</param>
    internal abstract double PlaceOf(object value);

    /// <summary>The share of the unit interval in which a finite parameter has the same value as at a place.</summary>
    /// <param name="place">From 0 to 1; ends included.</param>
    internal virtual (double From, double To) ShareOf(double place)
    {
        double index = Math.Min(Count!.Value - 1, Math.Floor(place * Count.Value));
        return (index / Count.Value, (index + 1) / Count.Value);
    }

    /// <summary>One of a finite parameter's values.</summary>
    /// <param name="index">Which, from 0.</param>
    internal virtual object ValueOf(int index) => At((index + 0.5) / Count!.Value);

    /// <summary>This parameter under a condition.</summary>
    internal abstract SearchParameter When(ParameterCondition condition);

    /// <summary>Reads a value.</summary>
    /// <exception cref="FormatException">It is none of this parameter's.</exception>
    internal abstract object Read(JsonElement value);

    /// <summary>Writes what tells this parameter from others, its name and condition left out.</summary>
    private protected abstract void WriteRange(Utf8JsonWriter json);

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        WriteRange(json);
        if (Condition is { } condition)
        {
            condition.Write(json);
        }

        json.WriteEndObject();
    }

    private protected FormatException Unreadable(JsonElement value) => new($"'{Name}' is {value.GetRawText()}, which is not {Range}.");
}
