using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>Reads JSONL: UTF-8, one object a line; blank lines are passed over.</summary>
internal static class JsonLines
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The records of a file, at least one.</summary>
    /// <exception cref="FormatException">A line is no object or no UTF-8: the message names file, line and cure.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<JsonRecord> Read(string path)
    {
        var records = new List<JsonRecord>();
        int number = 0;
        try
        {
            foreach (string line in File.ReadLines(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)))
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line))
                {
                    records.Add(new JsonRecord(path, number, Parse(path, number, line)));
                }
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException(FormattableString.Invariant($"{path}, after line {number}: the file is no valid UTF-8. Save it as UTF-8."), e);
        }

        return records.Count > 0 ? records : throw new FormatException($"{path} has no records: put one JSON object on each line.");
    }

    private static JsonElement Parse(string path, int number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new FormatException(FormattableString.Invariant($"{path}, line {number}: a line must hold one JSON object such as {{\"question\": \"…\", \"choices\": [\"…\", \"…\"], \"gold\": 0}}."));
        }
        catch (JsonException e)
        {
            throw new FormatException(FormattableString.Invariant($"{path}, line {number}, byte {e.BytePositionInLine + 1}: this is no JSON ({e.Message}) Repair the line or take it out."), e);
        }
    }
}
