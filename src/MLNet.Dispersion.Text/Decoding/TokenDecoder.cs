using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Turns the texts of tokens back into text. Immutable and thread-safe.</summary>
internal abstract class TokenDecoder
{
    /// <summary>The texts of the tokens as what comes next takes them; joined they are the text.</summary>
    internal abstract List<string> Decode(List<string> tokens);

    /// <summary>The decoder that leaves the blanks before English signs where they are. Default: the same.</summary>
    internal virtual TokenDecoder WithoutCleanUp() => this;
}

/// <summary>Several, one after the other.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<TokenDecoder> steps) : TokenDecoder
{
    /// <inheritdoc/>
    internal override TokenDecoder WithoutCleanUp() => new SequenceDecoder([.. steps.Select(step => step.WithoutCleanUp())]);

    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => steps.Aggregate(tokens, (current, step) => step.Decode(current));
}

/// <summary>Reads GPT-2's stand-ins as bytes of UTF-8.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens)
    {
        var bytes = new List<byte>();
        tokens.ForEach(token => bytes.AddRange(ByteSymbols.Bytes(token)));
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Joins WordPiece's pieces: words apart by a blank.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanUp) : TokenDecoder
{
    /// <inheritdoc/>
    internal override TokenDecoder WithoutCleanUp() => cleanUp ? new WordPieceDecoder(prefix, cleanUp: false) : this;

    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => [.. tokens.Select((token, index) =>
    {
        string text = index == 0 ? token
            : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..]
            : " " + token;
        return cleanUp ? CleanUp(text) : text;
    })];

    /// <summary>Takes away the blanks before English signs.</summary>
    internal static string CleanUp(string text) => text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);
}

/// <summary>Reads Metaspace's sign as a blank; at the beginning of the text it is none.</summary>
internal sealed class MetaspaceDecoder(string sign, bool prepends) : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => [.. tokens.Select((token, index) => token.Replace(sign, index == 0 && prepends ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>Reads the mark of a word's end as a blank.</summary>
internal sealed class SuffixDecoder(string suffix) : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => [.. tokens.Select((token, index) => Replace(token, index + 1 == tokens.Count ? "" : " "))];

    private string Replace(string token, string by)
    {
        if (suffix.Length > 0)
        {
            return token.Replace(suffix, by, StringComparison.Ordinal);
        }

        // An empty mark is found between all characters, and at both ends.
        return by.Length == 0 ? token : by + string.Concat(token.EnumerateRunes().Select(rune => rune.ToString() + by));
    }
}

/// <summary>Joins the letters of speech recognition: what is said twice in a row is once, the blank token is nothing.</summary>
internal sealed class CtcDecoder(string padding, string delimiter, bool cleanUp) : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens)
    {
        var result = new List<string>();
        string? before = null;
        foreach (string token in tokens)
        {
            if (token != before)
            {
                string text = padding.Length > 0 ? token.Replace(padding, "", StringComparison.Ordinal) : token;
                if (cleanUp)
                {
                    text = WordPieceDecoder.CleanUp(text);
                    text = delimiter.Length > 0 ? text.Replace(delimiter, " ", StringComparison.Ordinal) : text;
                }

                if (text.Length > 0)
                {
                    result.Add(text);
                }
            }

            before = token;
        }

        return result;
    }
}

/// <summary>Joins all to one.</summary>
internal sealed class FuseDecoder : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => [string.Concat(tokens)];
}

/// <summary>Takes a character away at the ends of each.</summary>
internal sealed class StripDecoder(string content, int start, int stop) : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => [.. tokens.Select(Strip)];

    private string Strip(string token)
    {
        int from = 0;
        for (int i = 0; i < start && string.CompareOrdinal(token, from, content, 0, content.Length) == 0 && from < token.Length; i++)
        {
            from += content.Length;
        }

        int to = token.Length;
        for (int i = 0; i < stop && to - content.Length >= from && string.CompareOrdinal(token, to - content.Length, content, 0, content.Length) == 0; i++)
        {
            to -= content.Length;
        }

        return token[from..to];
    }
}

/// <summary>Reads <c>&lt;0x0A&gt;</c> and its kin as bytes of UTF-8.</summary>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, result);
            result.Add(token);
        }

        Flush(bytes, result);
        return result;
    }

    private static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out byte value)
            ? value
            : null;

    private static void Flush(List<byte> bytes, List<string> result)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        try
        {
            result.Add(Strict.GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            result.AddRange(Enumerable.Repeat("\ufffd", bytes.Count));
        }

        bytes.Clear();
    }
}

/// <summary>Replaces what a pattern matches in each.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : TokenDecoder
{
    /// <inheritdoc/>
    internal override List<string> Decode(List<string> tokens) => [.. tokens.Select(token => ReplaceNormalizer.Replace(new AlignedText(token), pattern, content).ToString())];
}
