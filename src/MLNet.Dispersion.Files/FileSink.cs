using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Files;

/// <summary>A place to which the files of a model are written: a directory, or the entries of an ML.NET model zip.</summary>
public abstract class FileSink
{
    /// <summary>Writes one file.</summary>
    /// <param name="fileName">A plain file name without a folder.</param>
    /// <param name="write">Writes the file's bytes to the stream it is given, forwards only; called once. The stream is closed by the caller.</param>
    public abstract void Write(string fileName, Action<Stream> write);

    /// <summary>Gets a folder inside of the place, such as <c>additional_chat_templates</c>, as a place of its own; null where there is none to be had. Places that are flat, such as an ML.NET model, have none.</summary>
    /// <param name="name">The folder's plain name.</param>
    public virtual FileSink? MakeFolder(string name) => null;

    /// <summary>Writes a JSON file in a format of others, such as config.json, indented by two blanks. For formats of one's own there is <see cref="VersionedJson{T}"/>.</summary>
    /// <param name="fileName">A plain file name without a folder.</param>
    /// <param name="json">What it is to hold.</param>
    public void WriteJson(string fileName, JsonNode json)
    {
        ArgumentNullException.ThrowIfNull(json);
        Write(fileName, stream =>
        {
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteTo(writer);
        });
    }
}
