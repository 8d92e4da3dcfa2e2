using System.Globalization;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>A text and where its words are. Immutable and thread-safe.</summary>
public sealed class WordText
{
    private static readonly (int First, int Last)[] WithoutBlanks =
        [(0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)];

    private WordText(string text, IReadOnlyList<TextRange> words) => (Text, Words) = (text, words);

    /// <summary>Gets the text.</summary>
    public string Text { get; }

    /// <summary>Gets where each word begins and ends, in UTF-16 units, in rising order; none is shared.</summary>
    public IReadOnlyList<TextRange> Words { get; }

    /// <summary>Joins words by one blank each, which is what the model reads.</summary>
    /// <param name="words">The words; null counts as empty.</param>
    public static WordText OfWords(IReadOnlyList<string?> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var text = new StringBuilder();
        var ranges = new TextRange[words.Count];
        for (int word = 0; word < ranges.Length; word++)
        {
            text.Append(word == 0 ? "" : " ");
            ranges[word] = new TextRange(text.Length, text.Length + (words[word]?.Length ?? 0));
            text.Append(words[word]);
        }

        return new WordText(text.ToString(), ranges);
    }

    /// <summary>Cuts a text into words.</summary>
    /// <param name="text">The text; null counts as empty.</param>
    /// <param name="cutting">Where.</param>
    public static WordText Of(string? text, WordCutting cutting = WordCutting.Signs)
    {
        text ??= "";
        var words = new List<TextRange>();
        bool joins = false;
        for (int at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int length);
            Join join = Rune.IsWhiteSpace(rune) ? Join.Never : cutting == WordCutting.Blanks ? Join.Run : Kind(rune);
            bool continues = join == Join.Behind ? words.Count > 0 && words[^1].End == at : join == Join.Run && joins;
            if (continues)
            {
                words[^1] = words[^1] with { End = at + length };
            }
            else if (join != Join.Never)
            {
                words.Add(new TextRange(at, at + length));
            }

            joins = join == Join.Behind ? joins : join == Join.Run;
            at += length;
        }

        return new WordText(text, words);
    }

    /// <summary>Turns labelled pieces of the text into a tag for each word.</summary>
    /// <param name="spans">The pieces, in any order; none overlaps another.</param>
    /// <param name="scheme">Of the tags: <see cref="TaggingScheme.Iob2"/> (default), <see cref="TaggingScheme.Iobes"/> or <see cref="TaggingScheme.Bilou"/>.</param>
    /// <exception cref="ArgumentException">A piece has no label, lies outside of the text, overlaps another, or does not begin and end where words do; or the scheme is another.</exception>
    public IReadOnlyList<string> Tag(IReadOnlyList<EntitySpan> spans, TaggingScheme scheme = TaggingScheme.Iob2)
    {
        ArgumentNullException.ThrowIfNull(spans);
        var (last, single) = scheme switch
        {
            TaggingScheme.Iob2 => ('I', 'B'),
            TaggingScheme.Iobes => ('E', 'S'),
            TaggingScheme.Bilou => ('L', 'U'),
            _ => throw new ArgumentException($"Spans are made into tags of Iob2, Iobes or Bilou, not of {scheme}.", nameof(scheme)),
        };
        string[] tags = [.. Words.Select(_ => Outside)];
        foreach (EntitySpan span in spans)
        {
            var (first, end) = WordsOf(span);
            if (Enumerable.Range(first, end - first + 1).Any(word => tags[word] != Outside))
            {
                throw new ArgumentException($"{Describe(span)} overlaps another span: a word has one tag. Leave one of the two out.", nameof(spans));
            }

            for (int word = first; word <= end; word++)
            {
                char letter = first == end ? single : word == first ? 'B' : word == end ? last : 'I';
                tags[word] = $"{letter}-{span.Label}";
            }
        }

        return tags;
    }

    /// <summary>The tag of words that belong to nothing.</summary>
    internal const string Outside = "O";

    private static Join Kind(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => Join.Behind,
        UnicodeCategory.ConnectorPunctuation => Join.Run,
        _ when Rune.IsLetterOrDigit(rune) && !Array.Exists(WithoutBlanks, script => rune.Value >= script.First && rune.Value <= script.Last) => Join.Run,
        _ => Join.Alone,
    };

    private (int First, int Last) WordsOf(EntitySpan span)
    {
        if (string.IsNullOrWhiteSpace(span.Label))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The span from {span.Start} to {span.End} has no label."), nameof(span));
        }

        if (span.Start < 0 || span.End > Text.Length || span.Start >= span.End)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The span '{span.Label}' from {span.Start} to {span.End} does not lie in the text, which has {Text.Length} characters: it must begin at 0 or later and end behind its begin, at {Text.Length} at most."), nameof(span));
        }

        int first = Find(word => word.Start == span.Start), last = Find(word => word.End == span.End);
        return first >= 0 && last >= first
            ? (first, last)
            : throw new ArgumentException($"{Describe(span)} does not begin and end where words do{Nearest(span)}. Move its ends, or give the words yourself.", nameof(span));
    }

    private int Find(Func<TextRange, bool> fits)
    {
        for (int word = 0; word < Words.Count; word++)
        {
            if (fits(Words[word]))
            {
                return word;
            }
        }

        return -1;
    }

    private string Nearest(EntitySpan span)
    {
        TextRange[] touched = [.. Words.Where(word => word.Start < span.End && word.End > span.Start)];
        return touched.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (those that it touches reach from {touched[0].Start} to {touched[^1].End}, '{Text[touched[0].Start..touched[^1].End]}')");
    }

    private string Describe(EntitySpan span) => string.Create(CultureInfo.InvariantCulture, $"The span '{span.Label}' from {span.Start} to {span.End}, '{Text[span.Start..span.End]}',");

    private enum Join
    {
        /// <summary>White space.</summary>
        Never,

        /// <summary>A word by itself.</summary>
        Alone,

        /// <summary>Belongs to the run that it stands in.</summary>
        Run,

        /// <summary>Belongs to what it stands behind.</summary>
        Behind,
    }
}
