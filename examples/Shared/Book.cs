using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion.Examples;

/// <summary>One book of a JSON-lines corpus.</summary>
internal sealed record Book(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("author")] string Author,
    [property: JsonPropertyName("text")] string Text)
{
    /// <summary>Reads a gzipped file of one JSON object a line.</summary>
    public static List<Book> ReadAll(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var books = new List<Book>();
        while (reader.ReadLine() is { } line)
        {
            books.Add(JsonSerializer.Deserialize<Book>(line)
                ?? throw new InvalidDataException($"{path}: line {books.Count + 1} holds no book."));
        }

        return books;
    }
}
