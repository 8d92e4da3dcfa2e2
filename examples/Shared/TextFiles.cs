using System.IO.Compression;
using System.Text.Json;

namespace MLNet.Dispersion.Examples;

/// <summary>Documents from files, read as far as they are asked for.</summary>
internal static class TextFiles
{
    private const string TextField = "text";

    /// <summary>The documents of a file: all of a .txt file is one; each line of a .jsonl or .jsonl.gz file is one, in its field "text", and each row of a .tsv file, in its column "text".</summary>
    /// <exception cref="UserException">There is no such file, or a line of it is no document.</exception>
    public static IEnumerable<string> Documents(FileInfo file)
    {
        if (!file.Exists)
        {
            throw new UserException($"There is no file {file.FullName}.");
        }

        string name = file.Name.ToLowerInvariant();
        return name switch
        {
            _ when name.EndsWith(".jsonl.gz", StringComparison.Ordinal) => JsonLines(file, Lines(new GZipStream(file.OpenRead(), CompressionMode.Decompress))),
            _ when name.EndsWith(".jsonl", StringComparison.Ordinal) => JsonLines(file, Lines(file.OpenRead())),
            _ when name.EndsWith(".tsv", StringComparison.Ordinal) => Rows(file, Lines(file.OpenRead())),
            _ => [File.ReadAllText(file.FullName)],
        };
    }

    private static IEnumerable<string> Lines(Stream stream)
    {
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static IEnumerable<string> JsonLines(FileInfo file, IEnumerable<string> lines) => lines.Select((line, i) =>
    {
        try
        {
            using JsonDocument record = JsonDocument.Parse(line);
            return record.RootElement.GetProperty(TextField).GetString() ?? string.Empty;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UserException($"{file.FullName}, line {i + 1}: each line must be a JSON object with a field \"{TextField}\". {e.Message}");
        }
    });

    private static IEnumerable<string> Rows(FileInfo file, IEnumerable<string> lines)
    {
        int column = -1;
        foreach ((int i, string line) in lines.Index())
        {
            string[] cells = line.Split('\t');
            if (i == 0)
            {
                column = Array.IndexOf(cells, TextField);
            }
            else if (column >= 0 && column < cells.Length)
            {
                yield return cells[column];
                continue;
            }

            if (column < 0 || column >= cells.Length)
            {
                throw new UserException($"{file.FullName}, line {i + 1}: a .tsv file needs a head line with a column \"{TextField}\", and each row a value there.");
            }
        }
    }
}
