using System.Globalization;
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

/// <summary>One line of a JSONL file.</summary>
/// <param name="file">The file's path.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="root">The object.</param>
internal sealed class JsonRecord(string file, int line, JsonElement root)
{
    /// <summary>Gets the file and line, for messages.</summary>
    public string Origin { get; } = FormattableString.Invariant($"{file}, line {line}");

    /// <summary>A text field; numbers and truth values as they are written.</summary>
    /// <param name="path">Names joined by dots; an entry of an array in brackets, from 0.</param>
    /// <exception cref="FormatException">It is not there, or no text.</exception>
    public string Text(string path)
    {
        JsonElement value = Find(path);
        return AsText(value) ?? throw Error(path, $"is {Kind(value)}", "it must be a text or a number: name a field that is one, or repair the line");
    }

    /// <summary>A field's value; null when the field is not there.</summary>
    public string? TextOrNull(string path) => root.TryGetProperty(path, out JsonElement value) ? AsText(value) : null;

    /// <summary>An array of texts, at least one.</summary>
    /// <exception cref="FormatException">It is not there, or something else.</exception>
    public IReadOnlyList<string> Texts(string path)
    {
        JsonElement value = Find(path);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            throw Error(path, value.ValueKind == JsonValueKind.Array ? "is empty" : $"is {Kind(value)}", "it must be an array of at least one text: repair the line");
        }

        return [.. value.EnumerateArray().Select((entry, i) => AsText(entry)
            ?? throw Error(FormattableString.Invariant($"{path}[{i}]"), $"is {Kind(entry)}", "it must be a text or a number: repair the line"))];
    }

    /// <summary>The right choice: a whole number from 0, or a letter from A.</summary>
    /// <exception cref="FormatException">It is not there, or there is no such choice.</exception>
    public int Gold(string path, int choices)
    {
        string text = Text(path);
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int gold);
        if (!isNumber && text.Length == 1 && char.IsAsciiLetterUpper(text[0]))
        {
            (gold, isNumber) = (text[0] - 'A', true);
        }

        return isNumber && gold < choices ? gold : throw Error(
            path,
            $"is '{Printable.Name(text)}'",
            FormattableString.Invariant($"it must be the index of one of the {choices} choices, 0..{choices - 1}, or its letter, A..{(char)('A' + choices - 1)}: repair the line"));
    }

    /// <summary>Which choices are true: 0 and 1, or false and true; at least one is.</summary>
    /// <exception cref="FormatException">It is not there, or something else.</exception>
    public bool[] Labels(string path, int choices)
    {
        IReadOnlyList<string> texts = Texts(path);
        if (texts.Count != choices)
        {
            throw Error(path, FormattableString.Invariant($"has {texts.Count} labels"), FormattableString.Invariant($"there are {choices} choices: give one label for each"));
        }

        bool[] labels = [.. texts.Select((text, i) => text is "1" or "true" || (text is "0" or "false" ? false
            : throw Error(FormattableString.Invariant($"{path}[{i}]"), $"is '{Printable.Name(text)}'", "a label must be 0 or 1: repair the line")))];
        return labels.Any(label => label) ? labels : throw Error(path, "names no true choice", "at least one label must be 1: repair the line or leave it out");
    }

    /// <summary>What is wrong with a field.</summary>
    public FormatException Error(string field, string problem, string cure) => new($"{Origin}: the field '{field}' {problem}; {cure}.");

    private JsonElement Find(string path)
    {
        JsonElement value = root;
        foreach (string step in path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bool found = step[0] == '['
                ? TryIndex(value, step, out value)
                : value.ValueKind == JsonValueKind.Object && value.TryGetProperty(step, out value);
            if (!found)
            {
                string there = root.ValueKind == JsonValueKind.Object ? Printable.FirstTen([.. root.EnumerateObject().Select(p => p.Name)]) : "none";
                throw Error(path, "is missing", $"the line has these fields: {there}. Add it, or name another one in the task file");
            }
        }

        return value;
    }

    private static bool TryIndex(JsonElement array, string step, out JsonElement value)
    {
        value = default;
        bool found = array.ValueKind == JsonValueKind.Array
            && int.TryParse(step.AsSpan().Trim("[]"), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && index < array.GetArrayLength();
        value = found ? array[int.Parse(step.AsSpan().Trim("[]"), CultureInfo.InvariantCulture)] : value;
        return found;
    }

    private static string? AsText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a text",
        JsonValueKind.Null => "null",
        _ => "a " + value.ValueKind.ToString().ToLowerInvariant(),
    };
}
