using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Files;

/// <summary>A value of a JSON file that knows its file and its place there, so that every complaint names both. Immutable and thread-safe.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion.Files;
///
/// JsonField config = JsonField.Read(new DirectorySource("model"), "config.json");
/// int layers = config.Get("n_layer").AsIndex(4096, "the number of layers");
/// foreach (JsonField item in config.Find("architectures")?.Items() ?? [])
/// {
///     Console.WriteLine(item.AsString());
/// }
/// </code>
/// </example>
public readonly struct JsonField
{
    private readonly string _file;
    private readonly string _path;
    private readonly JsonValue _value;

    private JsonField(string file, string path, JsonValue value)
    {
        _file = file;
        _path = path;
        _value = value;
    }

    /// <summary>Gets what kind of value it is.</summary>
    public JsonValueKind Kind => _value?.First switch
    {
        null => JsonValueKind.Undefined,
        '{' => JsonValueKind.Object,
        '[' => JsonValueKind.Array,
        '"' => JsonValueKind.String,
        't' => JsonValueKind.True,
        'f' => JsonValueKind.False,
        'n' => JsonValueKind.Null,
        _ => JsonValueKind.Number,
    };

    /// <summary>Gets whether it is an object.</summary>
    public bool IsObject => Kind == JsonValueKind.Object;

    /// <summary>Gets whether it is a list.</summary>
    public bool IsArray => Kind == JsonValueKind.Array;

    /// <summary>Gets the value as it is written: for long lists, which <see cref="JsonListReader"/> reads.</summary>
    public ReadOnlyMemory<byte> Utf8 => _value?.Utf8 ?? default;

    /// <summary>Reads a whole file whose root must be an object.</summary>
    /// <param name="source">Where the file is.</param>
    /// <param name="fileName">Its plain name.</param>
    /// <param name="allowDuplicates">Whether a name may stand twice in one object, the last counting (default true); false refuses such a file.</param>
    /// <exception cref="ModelFileException">The file is missing or empty, no UTF-8, no JSON, or its root is no object.</exception>
    public static JsonField Read(FileSource source, string fileName, bool allowDuplicates = true)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Parse(source.ReadAllBytes(fileName), source.Describe(fileName), allowDuplicates);
    }

    /// <summary>Reads the bytes of a file whose root must be an object.</summary>
    /// <param name="utf8Json">The bytes, which are not copied and must not be changed any more; a byte-order mark is passed over.</param>
    /// <param name="file">What messages call the file.</param>
    /// <param name="allowDuplicates">Whether a name may stand twice in one object, the last counting (default true); false refuses such a file.</param>
    /// <exception cref="ModelFileException">The bytes are empty, no UTF-8, no JSON, or the root is no object.</exception>
    public static JsonField Parse(ReadOnlyMemory<byte> utf8Json, string file, bool allowDuplicates = true)
    {
        JsonField root = ParseAny(utf8Json, file, allowDuplicates);
        return root.IsObject ? root : throw root.Fail("it must be an object, written in braces");
    }

    /// <summary>Reads a whole file whose root must be a list.</summary>
    /// <param name="source">Where the file is.</param>
    /// <param name="fileName">Its plain name.</param>
    /// <exception cref="ModelFileException">The file is missing or empty, no UTF-8, no JSON, or its root is no list.</exception>
    public static JsonField ReadList(FileSource source, string fileName)
    {
        ArgumentNullException.ThrowIfNull(source);
        JsonField root = ParseAny(source.ReadAllBytes(fileName), source.Describe(fileName), allowDuplicates: true);
        return root.IsArray ? root : throw root.Fail("it must be a list, written in brackets");
    }

    /// <summary>Reads a whole file that may be absent.</summary>
    /// <param name="source">Where the file may be.</param>
    /// <param name="fileName">Its plain name.</param>
    /// <returns>The root, or null where there is no such file.</returns>
    /// <exception cref="ModelFileException">The file is empty, no UTF-8, no JSON, or its root is no object.</exception>
    public static JsonField? ReadIfPresent(FileSource source, string fileName)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Contains(fileName) ? Read(source, fileName) : null;
    }

    /// <summary>Gets a member that must be there and not null.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ModelFileException">This is no object, or it lacks the member.</exception>
    public JsonField Get(string name) => Find(name) ?? throw Fail($"it lacks \"{name}\"");

    /// <summary>Gets a member, or null where it is absent or JSON's null.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ModelFileException">This is no object.</exception>
    public JsonField? Find(string name) => FindOrNull(name) is { Kind: not JsonValueKind.Null } field ? field : null;

    /// <summary>Gets a member, JSON's null included, or null where it is absent.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ModelFileException">This is no object.</exception>
    public JsonField? FindOrNull(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsObject)
        {
            throw Fail("it must be an object, written in braces");
        }

        // Of equal names the last counts.
        IReadOnlyList<string?> names = _value.Names;
        for (int i = names.Count - 1; i >= 0; i--)
        {
            if ((names[i] ?? throw FailOfName()) == name)
            {
                return new JsonField(_file, PathOf(name), _value.Values[i]);
            }
        }

        return null;
    }

    /// <summary>Gets the members in the order in which they are written.</summary>
    /// <exception cref="ModelFileException">This is no object.</exception>
    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (!IsObject)
        {
            throw Fail("it must be an object, written in braces");
        }

        for (int i = 0; i < _value.Names.Count; i++)
        {
            string name = _value.Names[i] ?? throw FailOfName();
            yield return (name, new JsonField(_file, PathOf(name), _value.Values[i]));
        }
    }

    /// <summary>Gets the entries of a list.</summary>
    /// <exception cref="ModelFileException">This is no list.</exception>
    public IEnumerable<JsonField> Items()
    {
        if (!IsArray)
        {
            throw Fail("it must be a list, written in brackets");
        }

        for (int i = 0; i < _value.Values.Count; i++)
        {
            yield return new JsonField(_file, $"{_path}[{i}]", _value.Values[i]);
        }
    }

    /// <summary>Gets a text.</summary>
    /// <exception cref="ModelFileException">This is no text, or one that is no valid Unicode.</exception>
    public string AsString()
    {
        if (Kind != JsonValueKind.String)
        {
            throw Fail("it must be a string");
        }

        return _value.ToText() ?? throw Fail("it is no valid Unicode text, which JSON must be");
    }

    /// <summary>Gets a truth value.</summary>
    /// <exception cref="ModelFileException">This is none.</exception>
    public bool AsBoolean() => Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fail("it must be true or false"),
    };

    /// <summary>Gets a whole number from 0 to a largest one.</summary>
    /// <param name="largest">The largest.</param>
    /// <param name="what">What the number is, for messages: "a token id".</param>
    /// <exception cref="ModelFileException">This is no such number.</exception>
    public int AsIndex(int largest, string what) =>
        Kind == JsonValueKind.Number && Utf8Parser.TryParse(_value.Utf8.Span, out int id, out int length) && length == _value.Utf8.Length && id >= 0 && id <= largest
            ? id
            : throw Fail($"{what} must be a whole number from 0 to {largest}, and {Excerpt()} is none");

    /// <summary>Gets a finite number in single precision.</summary>
    /// <exception cref="ModelFileException">This is no such number.</exception>
    public float AsSingle() =>
        Kind == JsonValueKind.Number && Utf8Parser.TryParse(_value.Utf8.Span, out float value, out int length) && length == _value.Utf8.Length && float.IsFinite(value)
            ? value
            : throw Fail("it must be a finite number");

    /// <summary>Gets a finite number in double precision.</summary>
    /// <exception cref="ModelFileException">This is no such number.</exception>
    public double AsDouble() =>
        Kind == JsonValueKind.Number && Utf8Parser.TryParse(_value.Utf8.Span, out double value, out int length) && length == _value.Utf8.Length && double.IsFinite(value)
            ? value
            : throw Fail("it must be a finite number");

    /// <summary>Makes an object that can be changed and written again, such as a configuration that is saved with the model.</summary>
    /// <returns>A copy, of which each text is known to be valid Unicode.</returns>
    /// <exception cref="ModelFileException">This is no object, or a text in it is no valid Unicode.</exception>
    public JsonObject ToObject()
    {
        if (!IsObject)
        {
            throw Fail("it must be an object, written in braces");
        }

        RequireTexts();
        using var document = JsonDocument.Parse(Utf8);
        return JsonObject.Create(document.RootElement.Clone())!;
    }

    /// <summary>Makes sure that every text and name in the value is valid Unicode. They are decoded on demand: so a damaged one shows now, not at a later use.</summary>
    /// <exception cref="ModelFileException">One is not.</exception>
    public void RequireTexts()
    {
        if (IsObject)
        {
            foreach ((_, JsonField value) in Members())
            {
                value.RequireTexts();
            }
        }
        else if (IsArray)
        {
            foreach (JsonField item in Items())
            {
                item.RequireTexts();
            }
        }
        else if (Kind == JsonValueKind.String)
        {
            _ = AsString();
        }
    }

    /// <summary>Makes the exception that says what is wrong with this value; the caller throws it.</summary>
    /// <param name="problem">What is wrong, as the rest of a sentence: "it must be a string".</param>
    /// <param name="inner">The cause, or null.</param>
    public ModelFileException Fail(string problem, Exception? inner = null)
    {
        string place = _path.Length == 0 ? "The file" : $"\"{_path}\"";
        return new ModelFileException(_file, $"{place} cannot be used: {problem}. Correct it, or fetch the file again from where the model came from.", innerException: inner);
    }

    private static JsonField ParseAny(ReadOnlyMemory<byte> utf8Json, string file, bool allowDuplicates)
    {
        ArgumentNullException.ThrowIfNull(file);
        ReadOnlyMemory<byte> bytes = utf8Json;
        if (bytes.Span.StartsWith("\ufeff"u8))
        {
            bytes = bytes[3..];
        }

        if (new JsonSkimmer(bytes.Span).AtEnd)
        {
            throw new ModelFileException(file, "The file is empty: it holds no JSON. Fetch it again from where the model came from.");
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes.Span))
        {
            throw new ModelFileException(file, "Not valid UTF-8: the file is damaged. Fetch it again from where the model came from.");
        }

        if (JsonValue.Read(bytes, out int fault) is not { } value)
        {
            ReadOnlySpan<byte> before = bytes.Span[..fault];
            string problem = WrongFile.Explain(bytes.Span) ?? FormattableString.Invariant($"Not valid JSON at line {before.Count((byte)'\n') + 1}, byte {fault - before.LastIndexOf((byte)'\n')}: the file is cut short or damaged. Fetch it again from where the model came from.");
            throw new ModelFileException(file, problem);
        }

        var root = new JsonField(file, "", value);
        if (!allowDuplicates)
        {
            root.RequireOnceEach();
        }

        return root;
    }

    private void RequireOnceEach()
    {
        if (!IsObject && !IsArray)
        {
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string? name in _value.Names)
        {
            if (!names.Add(name ?? throw FailOfName()))
            {
                throw new ModelFileException(_file, $"This JSON holds a name twice: \"{Printable.Name(PathOf(name))}\". Correct it, or fetch the file again from where the model came from.");
            }
        }

        foreach (JsonValue value in _value.Values)
        {
            new JsonField(_file, _path, value).RequireOnceEach();
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private string Excerpt() => Shorten(Encoding.UTF8.GetString(Utf8.Span[..Math.Min(Utf8.Length, 256)]));

    private string PathOf(string name) => _path.Length == 0 ? Shorten(name) : $"{_path}.{Shorten(name)}";

    private ModelFileException FailOfName() => Fail("one of its names is no valid Unicode text");
}
