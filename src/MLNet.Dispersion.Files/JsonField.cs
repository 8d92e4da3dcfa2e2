using System.Text.Json;
using System.Text.Unicode;

namespace MLNet.Dispersion.Files;

/// <summary>A value of a JSON file that knows its file and its place there, so that every complaint names both.</summary>
internal readonly struct JsonField
{
    private readonly string _file;
    private readonly string _path;
    private readonly JsonElement _element;

    private JsonField(string file, string path, JsonElement element)
    {
        _file = file;
        _path = path;
        _element = element;
    }

    internal JsonValueKind Kind => _element.ValueKind;

    internal bool IsObject => Kind == JsonValueKind.Object;

    internal bool IsArray => Kind == JsonValueKind.Array;

    /// <summary>Reads a whole file whose root must be an object.</summary>
    internal static JsonField Read(FileSource source, string fileName)
    {
        string file = source.Describe(fileName);
        ReadOnlyMemory<byte> bytes = source.ReadAllBytes(fileName);
        if (bytes.Span.StartsWith("\ufeff"u8))
        {
            bytes = bytes[3..];
        }

        if (bytes.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            throw new ModelFileException(file, "The file is empty. Fetch it again from where the model came from.");
        }

        if (!Utf8.IsValid(bytes.Span))
        {
            throw new ModelFileException(file, "Not valid UTF-8: the file is damaged. Fetch it again from where the model came from.");
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = new JsonField(file, "", document.RootElement.Clone());
            return root.IsObject ? root : throw root.Fail("it must be an object, written in braces");
        }
        catch (JsonException e)
        {
            throw new ModelFileException(file, $"Not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: the file is cut short or damaged. Fetch it again from where the model came from.", innerException: e);
        }
    }

    /// <summary>The same for a file that may be absent.</summary>
    internal static JsonField? ReadIfPresent(FileSource source, string fileName) =>
        source.Contains(fileName) ? Read(source, fileName) : null;

    /// <summary>A member that must be there and not null.</summary>
    internal JsonField Get(string name) => Find(name) ?? throw Fail($"it lacks \"{name}\"");

    /// <summary>A member, or null where it is absent or JSON's null.</summary>
    internal JsonField? Find(string name) => FindOrNull(name) is { Kind: not JsonValueKind.Null } field ? field : null;

    /// <summary>A member, JSON's null included, or null where it is absent.</summary>
    internal JsonField? FindOrNull(string name)
    {
        if (!IsObject)
        {
            throw Fail("it must be an object, written in braces");
        }

        try
        {
            return _element.TryGetProperty(name, out JsonElement value) ? new JsonField(_file, PathOf(name), value) : null;
        }
        catch (InvalidOperationException e)
        {
            throw Fail("one of its names is no valid Unicode text", e);
        }
    }

    internal IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (!IsObject)
        {
            throw Fail("it must be an object, written in braces");
        }

        foreach (JsonProperty property in _element.EnumerateObject())
        {
            string name = NameOf(property);
            yield return (name, new JsonField(_file, PathOf(name), property.Value));
        }
    }

    internal IEnumerable<JsonField> Items()
    {
        if (!IsArray)
        {
            throw Fail("it must be a list, written in brackets");
        }

        int index = 0;
        foreach (JsonElement item in _element.EnumerateArray())
        {
            yield return new JsonField(_file, $"{_path}[{index++}]", item);
        }
    }

    internal string AsString()
    {
        if (Kind != JsonValueKind.String)
        {
            throw Fail("it must be a string");
        }

        try
        {
            return _element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Fail("it is no valid Unicode text", e);
        }
    }

    internal bool AsBoolean() => Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fail("it must be true or false"),
    };

    /// <summary>A whole number from 0 to a largest one.</summary>
    /// <param name="largest">The largest.</param>
    /// <param name="what">What the number is, for messages: "a token id".</param>
    internal int AsIndex(int largest, string what) =>
        Kind == JsonValueKind.Number && _element.TryGetInt32(out int id) && id >= 0 && id <= largest
            ? id
            : throw Fail($"{what} must be a whole number from 0 to {largest}, and {Excerpt()} is none");

    internal float AsSingle() =>
        Kind == JsonValueKind.Number && _element.TryGetSingle(out float value) && float.IsFinite(value)
            ? value
            : throw Fail("it must be a finite number");

    /// <summary>The exception that says what is wrong with this value.</summary>
    internal ModelFileException Fail(string problem, Exception? inner = null)
    {
        string place = _path.Length == 0 ? "The file" : $"\"{_path}\"";
        return new ModelFileException(_file, $"{place} cannot be used: {problem}. Correct it, or fetch the file again from where the model came from.", innerException: inner);
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private string Excerpt() => Shorten(_element.GetRawText());

    private string PathOf(string name) => _path.Length == 0 ? Shorten(name) : $"{_path}.{Shorten(name)}";

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw Fail("one of its names is no valid Unicode text", e);
        }
    }
}
