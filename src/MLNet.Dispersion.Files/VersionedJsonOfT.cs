using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Files;

/// <summary>Writes and reads one kind of JSON document that says which kind it is and in which version. Immutable and thread-safe.</summary>
/// <remarks>
/// <para>
/// A document is an object of <c>"schema"</c>, <c>"version"</c> and the properties of a record in camel case; enums stand by their names, NaN and infinity as
/// <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c>. Another kind, a newer version, a value of another type, a name that stands twice, and a missing value
/// are refused, and the message names the place; members that nobody knows are passed over. What a document may lack, such as a figure that an earlier version did
/// not have, has a default in its record.
/// </para>
/// <para>
/// Texts that cannot be read are a <see cref="FormatException"/>, files of a <see cref="FileSource"/> a <see cref="ModelFileException"/>.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion.Files;
///
/// var recipes = new VersionedJson&lt;Recipe&gt;("recipe", "example/recipe", version: 1, cure: "Write it again with Recipe.Save.");
/// string json = recipes.Write(new Recipe("bread", 500));
/// Recipe again = recipes.Read(json);
///
/// public sealed record Recipe(string Name, double Grams, double? Minutes = null);
/// </code>
/// </example>
/// <typeparam name="T">The record that a document holds. Its constructor's parameters without a default, and required properties, must be there.</typeparam>
public sealed class VersionedJson<T> : VersionedJson
    where T : class
{
    private const string SchemaField = "schema";
    private const string VersionField = "version";
    private readonly string? _schema;
    private readonly int _version;

    /// <summary>Describes a kind of document.</summary>
    /// <param name="name">What messages call it: "condensation report".</param>
    /// <param name="schema">What stands in its field <c>schema</c>: "mlnet-dispersion/condensation-report"; null for documents that need not say it, such as those that people write.</param>
    /// <param name="version">The version that is written, from 1; raised when a reader of the former one would go wrong. All versions up to it are read.</param>
    /// <param name="cure">What to do about a damaged one: a whole sentence.</param>
    public VersionedJson(string name, string? schema, int version, string cure)
        : base(name, cure)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        (_schema, _version) = (schema, version);
    }

    /// <summary>Gets the name under which documents that do not say their kind hold their version, or an empty text where they hold none and are of version 1; null (default) where every document says its kind.</summary>
    public string? UnmarkedVersionField { get; init; }

    /// <summary>Gets whether documents are written without line breaks. Default false.</summary>
    public bool Compact { get; init; }

    /// <summary>Gets whether people write such documents: then comments and commas at the end are allowed, names that nobody knows are refused, nulls are left out, and a version that is absent is the present one. Default false.</summary>
    public bool HandWritten { get; init; }

    private JsonSerializerOptions Options => HandWritten ? HandWrittenOptions : Strict;

    /// <summary>Writes a document as text.</summary>
    /// <param name="document">What it is to hold.</param>
    public string Write(T document) => Encoding.UTF8.GetString(Bytes(document).Span);

    /// <summary>Writes a document in UTF-8.</summary>
    /// <param name="document">What it is to hold.</param>
    /// <param name="stream">Where to.</param>
    public void Write(T document, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Bytes(document).Span);
    }

    /// <summary>Writes a document as one of a model's files.</summary>
    /// <param name="document">What it is to hold.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="fileName">The file's plain name.</param>
    public void Write(T document, FileSink sink, string fileName)
    {
        ArgumentNullException.ThrowIfNull(sink);
        sink.Write(fileName, stream => Write(document, stream));
    }

    /// <summary>Writes a document into a file that appears whole or not at all, and the folders above it that are missing.</summary>
    /// <param name="document">What it is to hold.</param>
    /// <param name="path">The file's path.</param>
    /// <exception cref="ArgumentException">The path is blank or a folder.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Save(T document, string path) => WholeFile.Write(path, Bytes(document));

    /// <summary>Reads a document.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="FormatException">It is damaged, of another kind or of a newer version; the message names the place.</exception>
    public T Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Parse(() => JsonDocument.Parse(json, Syntax));
    }

    /// <summary>Reads a document.</summary>
    /// <param name="utf8Json">The text in UTF-8; a byte-order mark is allowed.</param>
    /// <exception cref="FormatException">It is damaged, of another kind or of a newer version; the message names the place.</exception>
    public T Read(ReadOnlyMemory<byte> utf8Json) =>
        Parse(() => JsonDocument.Parse(utf8Json.Span.StartsWith("\ufeff"u8) ? utf8Json[3..] : utf8Json, Syntax));

    /// <summary>Reads a document that is one of a model's files.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="fileName">The file's plain name.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged, of another kind or of a newer version; the message names file and place.</exception>
    public T Read(FileSource source, string fileName) => Read(source, fileName, document => document);

    /// <summary>Reads a document that is one of a model's files, and makes something of it.</summary>
    /// <typeparam name="TResult">What is made of it.</typeparam>
    /// <param name="source">Where it is.</param>
    /// <param name="fileName">The file's plain name.</param>
    /// <param name="convert">Makes it, and may call <see cref="VersionedJson.Require"/>.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged, of another kind or of a newer version; the message names file and place.</exception>
    public TResult Read<TResult>(FileSource source, string fileName, Func<T, TResult> convert)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(convert);
        ReadOnlyMemory<byte> bytes = source.ReadAllBytes(fileName);
        try
        {
            return convert(Read(bytes));
        }
        catch (FormatException e)
        {
            throw new ModelFileException(source.Describe(fileName), e.Message, innerException: e);
        }
    }

    private JsonDocumentOptions Syntax => new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = HandWritten,
        CommentHandling = HandWritten ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow,
    };

    private ReadOnlyMemory<byte> Bytes(T document)
    {
        ArgumentNullException.ThrowIfNull(document);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = !Compact }))
        {
            json.WriteStartObject();
            if (_schema is not null)
            {
                json.WriteString(SchemaField, _schema);
            }

            json.WriteNumber(VersionField, _version);
            foreach (JsonProperty property in JsonSerializer.SerializeToElement(document, Options).EnumerateObject())
            {
                property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    private T Parse(Func<JsonDocument> parse)
    {
        try
        {
            using JsonDocument document = parse();
            CheckKind(document.RootElement);
            return Deserialize(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text that is no valid Unicode.
            throw new FormatException($"This is no whole {Name}: {e.Message} {Cure}", e);
        }
    }

    private T Deserialize(JsonElement root)
    {
        if (!HandWritten)
        {
            return root.Deserialize<T>(Options)!;
        }

        // What says kind and version is none of the record's names, and others are refused.
        JsonObject body = JsonObject.Create(root)!;
        body.Remove(SchemaField);
        body.Remove(VersionField);
        return body.Deserialize<T>(Options)!;
    }

    private void CheckKind(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"This JSON is no {Name}: it must be an object, written in braces. {Cure}");
        }

        bool marked = root.TryGetProperty(SchemaField, out JsonElement schema);
        bool known = _schema is null || (marked ? schema.ValueKind == JsonValueKind.String && schema.GetString() == _schema : UnmarkedVersionField is not null);
        if (!known)
        {
            throw new FormatException($"This JSON is no {Name}: its field '{SchemaField}' must be \"{_schema}\". {Cure}");
        }

        string field = marked || _schema is null ? VersionField : UnmarkedVersionField!;
        if (Version(root, field) is var version && version < 1)
        {
            throw new FormatException($"The {Name}'s field '{field}' must be a whole number from 1: the document is damaged. {Cure}");
        }

        if (version > _version)
        {
            throw new FormatException(FormattableString.Invariant($"The {Name} has version {version}; this build reads versions up to {_version}. Update MLNet.Dispersion."));
        }
    }

    private int Version(JsonElement root, string field)
    {
        if (field.Length == 0)
        {
            return 1;
        }

        return root.TryGetProperty(field, out JsonElement number) ? number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int version) ? version : 0
            : HandWritten ? _version
            : 0;
    }
}
