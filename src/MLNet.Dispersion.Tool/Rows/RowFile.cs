namespace MLNet.Dispersion.Tool;

/// <summary>Reads files of rows, by their extension.</summary>
internal static class RowFile
{
    /// <summary>What can be read, for messages.</summary>
    public const string Formats = ".csv, .tsv, .jsonl or .parquet";

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="ToolException">It is missing, of another kind, or damaged; the message names the line.</exception>
    public static RowTable Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new ToolException($"There is no file '{path}'. Name a file with {Formats}.");
        }

        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".CSV" => DelimitedRows.Read(path, ',', quotes: true),
            ".TSV" or ".TAB" => DelimitedRows.Read(path, '\t', quotes: false),
            ".JSONL" or ".NDJSON" => JsonLineRows.Read(path),
            ".PARQUET" => ParquetRows.Read(path),
            string other => throw new ToolException($"'{path}' ends in '{other}'; rows are read from {Formats}. Give the file the ending of what it holds."),
        };
    }
}
