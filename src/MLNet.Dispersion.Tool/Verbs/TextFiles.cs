namespace MLNet.Dispersion.Tool;

/// <summary>Reads plain text files.</summary>
internal static class TextFiles
{
    /// <summary>The lines of a file that are not blank.</summary>
    /// <exception cref="ToolException">It is missing, or blank.</exception>
    public static IEnumerable<string> Lines(string path)
    {
        string[] lines = [.. File.ReadLines(Existing(path)).Where(line => !string.IsNullOrWhiteSpace(line))];
        return lines.Length > 0 ? lines : throw new ToolException($"{path} has no text in it.");
    }

    /// <summary>The whole file as one text.</summary>
    /// <exception cref="ToolException">It is missing.</exception>
    public static string Whole(string path) => File.ReadAllText(Existing(path));

    private static string Existing(string path) => File.Exists(path) ? path : throw new ToolException($"There is no file '{path}'. Name a text file.");
}
