using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>Reads conversations as published data has them: JSONL, UTF-8, one object a line; blank lines are passed over.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// IReadOnlyList&lt;Instruction&gt; rows = ConversationFile.ReadInstructions("train.jsonl", ignoredFields: ["id", "source"]);
/// IReadOnlyList&lt;PreferencePair&gt; pairs = ConversationFile.ReadPreferences("pairs.jsonl");
/// </code>
/// </example>
public static class ConversationFile
{
    /// <summary>Reads rows as <see cref="Instruction.FromJson"/> does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ignoredFields">Fields that are passed over; null (default) for none.</param>
    /// <exception cref="FormatException">A line is no object, or a field is missing, unknown or of another kind; the message names file, line, field and cure.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<Instruction> ReadInstructions(string path, IReadOnlyCollection<string>? ignoredFields = null) => Read(path, json => Instruction.FromJson(json, ignoredFields));

    /// <summary>Reads rows as <see cref="PreferencePair.FromJson"/> does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ignoredFields">Fields that are passed over; null (default) for none.</param>
    /// <exception cref="FormatException">A line is no object, or a field is missing, unknown or of another kind; the message names file, line, field and cure.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<PreferencePair> ReadPreferences(string path, IReadOnlyCollection<string>? ignoredFields = null) => Read(path, json => PreferencePair.FromJson(json, ignoredFields));

    private static List<T> Read<T>(string path, Func<JsonElement, T> parse)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var rows = new List<T>();
        int number = 0;
        try
        {
            foreach (string line in File.ReadLines(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)))
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line))
                {
                    rows.Add(parse(JsonSerializer.Deserialize<JsonElement>(line)));
                }
            }
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new FormatException(FormattableString.Invariant($"{path}, line {number}: {e.Message}"), e);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException(FormattableString.Invariant($"{path}, after line {number}: the file is no valid UTF-8. Save it as UTF-8."), e);
        }

        return rows;
    }
}
