using System.Text;
using System.Text.Unicode;

namespace MLNet.Dispersion.Text;

/// <summary>A tokenizer.json whose long lists, pieces and merges, are left as bytes: they are read straight into tables.</summary>
internal sealed class TokenizerDocument
{
    private TokenizerDocument(JsonField root, ReadOnlyMemory<byte> vocabulary, ReadOnlyMemory<byte> merges)
    {
        Root = root;
        Vocabulary = vocabulary;
        Merges = merges;
    }

    /// <summary>The file with an empty list or object in the place of each long one.</summary>
    internal JsonField Root { get; }

    /// <summary>The JSON of <c>model.vocab</c>; empty where there is none.</summary>
    internal ReadOnlyMemory<byte> Vocabulary { get; }

    /// <summary>The JSON of <c>model.merges</c>; empty where there is none.</summary>
    internal ReadOnlyMemory<byte> Merges { get; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="ModelFileException">It is no JSON object.</exception>
    internal static TokenizerDocument Parse(byte[] bytes, string file)
    {
        ReadOnlyMemory<byte> json = bytes.AsSpan().StartsWith("\ufeff"u8) ? bytes.AsMemory(3) : bytes;
        // Read whole, an error is told with its place.
        List<LongList> lists = Utf8.IsValid(json.Span) && FindLists(json.Span) is { } found ? found : [];

        ReadOnlyMemory<byte> Last(bool vocabulary) => lists.FindLast(list => list.IsVocabulary == vocabulary) is { } list ? json[list.Start..list.End] : default;

        return new TokenizerDocument(JsonField.Parse(lists.Count == 0 ? bytes : Without(json.Span, lists), file), Last(true), Last(false));
    }

    /// <summary>Where the long lists lie; null where the file is no well-formed object.</summary>
    private static List<LongList>? FindLists(ReadOnlySpan<byte> json)
    {
        var lists = new List<LongList>();
        var skimmer = new JsonSkimmer(json);
        return FindLists(ref skimmer, inModel: false, lists) && skimmer.AtEnd ? lists : null;
    }

    private static bool FindLists(ref JsonSkimmer skimmer, bool inModel, List<LongList> lists)
    {
        if (!skimmer.Take('{'))
        {
            return false;
        }

        if (skimmer.Take('}'))
        {
            return true;
        }

        while (skimmer.TakeName(out ReadOnlySpan<byte> name))
        {
            bool vocabulary = inModel && IsName(name, "vocab");
            bool isLong = (vocabulary || (inModel && IsName(name, "merges"))) && (skimmer.Is('{') || skimmer.Is('['));
            bool enters = !inModel && IsName(name, "model") && skimmer.Is('{');
            int start = skimmer.At;
            if (!(enters ? FindLists(ref skimmer, inModel: true, lists) : skimmer.TakeValue(inModel ? 2 : 1)))
            {
                return false;
            }

            if (isLong)
            {
                lists.Add(new LongList(vocabulary, start, skimmer.At));
            }

            if (!skimmer.Take(','))
            {
                return skimmer.Take('}');
            }
        }

        return false;
    }

    private static bool IsName(ReadOnlySpan<byte> written, string name)
    {
        if (!written.Contains((byte)'\\'))
        {
            return Ascii.Equals(written, name);
        }

        char[] units = new char[written.Length];
        int length = JsonEscapes.Decode(written, units);
        return length >= 0 && units.AsSpan(0, length).SequenceEqual(name);
    }

    private static byte[] Without(ReadOnlySpan<byte> json, List<LongList> lists)
    {
        using var rest = new MemoryStream();
        int done = 0;
        foreach (LongList list in lists)
        {
            rest.Write(json[done..(list.Start + 1)]);
            rest.Write(json[(list.End - 1)..list.End]);
            done = list.End;
        }

        rest.Write(json[done..]);
        return rest.ToArray();
    }

    private sealed record LongList(bool IsVocabulary, int Start, int End);
}
