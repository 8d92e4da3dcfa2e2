using System.Text.Json;

namespace MLNet.Dispersion.Tests.Chat;

/// <summary>Files in a temporary folder: texts as they are, anything else as JSON.</summary>
internal sealed class TemporaryFiles : IDisposable
{
    public TemporaryFiles(JsonElement files)
    {
        foreach (JsonProperty file in files.EnumerateObject())
        {
            Write(file.Name, file.Value.ValueKind == JsonValueKind.String ? file.Value.GetString()! : file.Value.GetRawText());
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("mlnet-dispersion-chat-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
