using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>
/// Sampled values by parameter name, in the space's order; a conditional parameter whose condition does not hold is absent. Values are <see cref="double"/>,
/// <see cref="long"/>, <see cref="bool"/> or <see cref="string"/>. Immutable and thread-safe.
/// </summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "A parameter set is what the field calls it.")]
public sealed class ParameterSet : IReadOnlyDictionary<string, object>
{
    private readonly OrderedDictionary<string, object> _values;

    /// <summary>Makes a set of values.</summary>
    /// <param name="values">Names and values; an <see cref="int"/> is taken as <see cref="long"/>, a <see cref="float"/> as <see cref="double"/>, an enum as its name.</param>
    /// <exception cref="ArgumentException">A name appears twice, or a value has another type.</exception>
    public ParameterSet(IEnumerable<KeyValuePair<string, object>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _values = [];
        foreach (var (name, value) in values)
        {
            if (!_values.TryAdd(name, Normalised(name, value)))
            {
                throw new ArgumentException($"'{name}' appears twice; each parameter has one value.", nameof(values));
            }
        }
    }

    /// <summary>Gets a set without values.</summary>
    public static ParameterSet Empty { get; } = new([]);

    /// <inheritdoc/>
    public object this[string key] => _values.TryGetValue(key, out object? value)
        ? value
        : throw new KeyNotFoundException($"There is no value for '{key}': the trial has {(Count == 0 ? "none" : string.Join(", ", Keys))}. A conditional parameter is absent where its condition does not hold; ask with Has first.");

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<object> Values => _values.Values;

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <summary>Tells whether there is a value of this name.</summary>
    /// <param name="name">The parameter's name.</param>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>Gets a number.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such value.</exception>
    /// <exception cref="InvalidCastException">It is not a number.</exception>
    public double GetDouble(string name) => this[name] switch
    {
        double number => number,
        long number => number,
        var other => throw Mismatch(name, other, "a number"),
    };

    /// <summary>Gets an integer.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such value.</exception>
    /// <exception cref="InvalidCastException">It is not an integer.</exception>
    /// <exception cref="OverflowException">It is beyond the range of <see cref="int"/>.</exception>
    public int GetInteger(string name) => this[name] is long number ? checked((int)number) : throw Mismatch(name, this[name], "an integer");

    /// <summary>Gets a truth value.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such value.</exception>
    /// <exception cref="InvalidCastException">It is not a truth value.</exception>
    public bool GetBoolean(string name) => this[name] is bool truth ? truth : throw Mismatch(name, this[name], "a truth value");

    /// <summary>Gets a word.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such value.</exception>
    /// <exception cref="InvalidCastException">It is not a word.</exception>
    public string GetText(string name) => this[name] as string ?? throw Mismatch(name, this[name], "a word");

    /// <summary>Gets a member of an enum, kept as its name.</summary>
    /// <typeparam name="T">The enum.</typeparam>
    /// <param name="name">The parameter's name.</param>
    /// <exception cref="KeyNotFoundException">There is no such value.</exception>
    /// <exception cref="ArgumentException">The enum has no such member.</exception>
    public T GetEnum<T>(string name)
        where T : struct, Enum => Enum.Parse<T>(GetText(name));

    /// <summary>Makes a set of these values and another, in the place of one of its name if there is one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The value has none of the possible types.</exception>
    public ParameterSet With(string name, object value) =>
        new(Has(name) ? this.Select(pair => pair.Key == name ? new(name, value) : pair) : this.Append(new(name, value)));

    /// <summary>Writes the values as a JSON object; numbers to the last bit.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var (name, value) in this)
            {
                json.WritePropertyName(name);
                WriteValue(json, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="space">The space that the values belong to.</param>
    /// <exception cref="FormatException">The text is no JSON object of this space's parameters.</exception>
    public static ParameterSet Parse(string json, SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var parameters = new ParameterSet(document.RootElement.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, space[property.Name].Read(property.Value))));
            space.Validate(parameters);
            return parameters;
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new FormatException($"These are no values of the search space: {json}. {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => Has(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static void WriteValue(Utf8JsonWriter json, object value) => JsonSerializer.Serialize(json, value, value.GetType());

    internal static object Normalised(string name, object value) => value switch
    {
        double number when !double.IsFinite(number) => throw new ArgumentException($"The value of '{name}' is {number}; numbers must be finite.", nameof(value)),
        double or long or bool or string => value,
        int number => (long)number,
        float number => Normalised(name, (double)number),
        Enum member => member.ToString(),
        _ => throw new ArgumentException($"The value of '{name}' is a {value?.GetType().Name ?? "null"}; it must be a number, a truth value, a word or an enum.", nameof(value)),
    };

    private static InvalidCastException Mismatch(string name, object value, string wanted) =>
        new($"'{name}' is {value} ({value.GetType().Name}), not {wanted}.");
}
