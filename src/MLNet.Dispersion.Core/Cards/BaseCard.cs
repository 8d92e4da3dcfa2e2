using System.Text;

namespace MLNet.Dispersion;

/// <summary>What the model card (README.md) that lies with a model's files says of its origin and licence. Immutable.</summary>
/// <param name="Fields">The single values at the card's head, by their keys; lists are left out.</param>
internal sealed record BaseCard(IReadOnlyDictionary<string, string> Fields)
{
    private const int LongestRead = 1 << 16;
    private const string Fence = "---";

    /// <summary>A model without a card.</summary>
    internal static BaseCard None { get; } = new(new Dictionary<string, string>());

    /// <summary>Reads it. A card is for people: whatever is wrong with it, the model is loaded.</summary>
    internal static BaseCard Read(FileSource source) => source.Contains(ModelCard.FileName) ? Parse(Beginning(source)) : None;

    /// <summary>Reads the head of a card: lines of <c>key: value</c> between two lines of three hyphens.</summary>
    internal static BaseCard Parse(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int end = lines[0] == Fence ? Array.IndexOf(lines, Fence, 1) : -1;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines.Take(Math.Max(0, end)).Skip(1))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0 && !char.IsWhiteSpace(line[0]) && Scalar(line[(colon + 2)..].Trim()) is { } value)
            {
                fields[line[..colon]] = value;
            }
        }

        return new BaseCard(fields);
    }

    /// <summary>A plain or quoted value; null for what is more than that.</summary>
    private static string? Scalar(string text)
    {
        int comment = text.IndexOf(" #", StringComparison.Ordinal);
        text = comment < 0 ? text : text[..comment].TrimEnd();
        return text switch
        {
            ['"', .. var inner, '"'] when !inner.Contains('"') && !inner.Contains('\\') => inner,
            ['\'', .. var inner, '\''] when !inner.Contains('\'') => inner,
            [] or ['[' or '{' or '|' or '>' or '&' or '*' or '!' or '"' or '\'' or '#', ..] => null,
            _ => text,
        };
    }

    private static string Beginning(FileSource source)
    {
        byte[] bytes = new byte[LongestRead];
        int length = 0;
        source.Read(ModelCard.FileName, stream => length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
