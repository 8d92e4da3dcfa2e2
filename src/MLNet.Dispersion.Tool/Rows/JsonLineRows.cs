using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Tool;

/// <summary>Rows of JSON lines: one object a line. A field that a row lacks is missing there.</summary>
internal static class JsonLineRows
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static RowTable Read(string path)
    {
        var rows = new FieldRows();
        var lines = new List<int>();
        int line = 0;
        foreach (string text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            try
            {
                using JsonDocument document = JsonDocument.Parse(text, Strict);
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                {
                    throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}: one JSON object is expected, and there is {document.RootElement.ValueKind}. A file of one JSON array is made into lines by: jq -c '.[]'"));
                }

                rows.BeginRow();
                lines.Add(line);
                foreach (JsonProperty field in document.RootElement.EnumerateObject())
                {
                    rows.Add(field.Name, ValueOf(field.Value));
                }
            }
            catch (JsonException e)
            {
                throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}: no JSON: {e.Message}"), e);
            }
        }

        return rows.ToTable(path, lines);
    }

    // Numbers stay as they are written: 1 and 1.0 are two labels.
    private static object? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(ValueOf).ToArray(),
        _ => new Dictionary<string, object?>(),
    };
}
