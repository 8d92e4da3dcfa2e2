using System.Text.Json;

namespace MLNet.Dispersion.Serving;

/// <summary>The fields of a request's JSON object: each is read, or refused by its name. Not thread-safe.</summary>
internal sealed class RequestFields
{
    private const int MaxDepth = 16;
    private readonly JsonElement _object;
    private readonly string _path;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private RequestFields(JsonElement value, string path) => (_object, _path) = (value, path);

    /// <summary>Reads a body.</summary>
    /// <exception cref="ApiException">It is no JSON, has a name twice, or is no object.</exception>
    internal static RequestFields Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return Of(document.RootElement.Clone(), "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Its own message may quote the body.
            throw ApiException.Bad(FormattableString.Invariant($"The body is not the JSON that is read here (line {(e as JsonException)?.LineNumber + 1}, byte {(e as JsonException)?.BytePositionInLine + 1}): it must be one value in UTF-8, without comments, names that stand twice in an object, or more than {MaxDepth} levels."), code: "invalid_json");
        }
    }

    /// <summary>The fields of an object within a body.</summary>
    /// <exception cref="ApiException">It is no object.</exception>
    internal static RequestFields Of(JsonElement value, string path) => value.ValueKind == JsonValueKind.Object
        ? new RequestFields(value, path)
        : throw ApiException.Bad($"{(path.Length == 0 ? "The body" : $"'{path}'")} must be an object.", path.Length == 0 ? null : path);

    /// <summary>A field's value; null where it is absent or null.</summary>
    internal JsonElement? Any(string name)
    {
        _read.Add(name);
        return _object.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>A text.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    internal string? String(string name) => Any(name) is { } value ? Text(value, Place(name)) : null;

    /// <summary>Whether; false where it is absent.</summary>
    internal bool Flag(string name) => Any(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        _ => throw Wrong(name, "true or false"),
    };

    /// <summary>A number within limits.</summary>
    internal double? Number(string name, double least, double most) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most ? number
        : throw Wrong(name, FormattableString.Invariant($"a number from {least} to {most}"));

    /// <summary>A whole number within limits.</summary>
    internal int? Integer(string name, int least, int most) => Any(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most ? number
        : throw Wrong(name, FormattableString.Invariant($"a whole number from {least} to {most}"));

    /// <summary>Texts: one, or an array of them; empty where the field is absent.</summary>
    internal string[] Strings(string name) => Any(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } value => [Text(value, Place(name))],
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select((one, i) => one.ValueKind == JsonValueKind.String ? Text(one, $"{Place(name)}[{i}]") : throw Wrong(name, "a string or an array of strings"))],
        _ => throw Wrong(name, "a string or an array of strings"),
    };

    /// <summary>Refuses what was not read, unless it asks for nothing.</summary>
    /// <param name="neutral">Fields with a value that asks for nothing.</param>
    /// <exception cref="ApiException">A field asks for what is not done here; it is named.</exception>
    internal void RefuseOthers(params IReadOnlyCollection<(string Name, object Value)> neutral)
    {
        foreach (JsonProperty field in _object.EnumerateObject())
        {
            string name = NameOf(field);
            if (!_read.Contains(name) && field.Value.ValueKind != JsonValueKind.Null && !neutral.Any(one => one.Name == name && IsNeutral(field.Value, one.Value)))
            {
                string shown = Place(Short(name));
                throw ApiException.Bad(
                    neutral.FirstOrDefault(one => one.Name == name) is { Name: not null } only ? $"'{shown}' is not done here; it may be left out, or be {Gate.Serialize(only.Value)}." : $"'{shown}' is not done here. Leave it out; read are {string.Join(", ", _read.Order(StringComparer.Ordinal))}.",
                    shown,
                    "unsupported_parameter");
            }
        }
    }

    /// <summary>The error of a field's wrong value.</summary>
    internal ApiException Wrong(string name, string rule) => ApiException.Bad($"'{Place(name)}' must be {rule}.", Place(name), "invalid_value");

    /// <summary>A text of JSON.</summary>
    /// <exception cref="ApiException">It is no text, or holds half a surrogate pair.</exception>
    internal static string Text(JsonElement value, string place)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw ApiException.Bad($"'{place}' must be a string.", place, "invalid_value");
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Bad($"'{place}' is no text of Unicode: it holds half a surrogate pair, or bytes that are not UTF-8.", place, "invalid_value");
        }
    }

    /// <summary>A field's name, cut short to be shown.</summary>
    internal static string Short(string name) => Printable.Name(name.Length <= 64 ? name : name[..64] + "…");

    /// <summary>A field's own name.</summary>
    /// <exception cref="ApiException">It is no text of Unicode.</exception>
    internal static string NameOf(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Bad("A field's name is no text of Unicode.", code: "invalid_json");
        }
    }

    private static bool IsNeutral(JsonElement value, object neutral) => neutral switch
    {
        bool flag => value.ValueKind == (flag ? JsonValueKind.True : JsonValueKind.False),
        int number => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double found) && found == number,
        string text => value.ValueKind == JsonValueKind.String && value.ValueEquals(text),
        _ => (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any()) || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0),
    };

    private string Place(string name) => _path.Length == 0 ? name : $"{_path}.{name}";
}
