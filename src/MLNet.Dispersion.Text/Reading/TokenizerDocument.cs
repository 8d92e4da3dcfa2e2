using System.Text.Json;
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
        List<LongList> lists;
        try
        {
            lists = Utf8.IsValid(json.Span) ? FindLists(json.Span) : [];
        }
        catch (JsonException)
        {
            // Read whole, the error is told with its place.
            lists = [];
        }

        ReadOnlyMemory<byte> Last(bool vocabulary) => lists.FindLast(list => list.IsVocabulary == vocabulary) is { } list ? json[list.Start..list.End] : default;

        return new TokenizerDocument(JsonField.Parse(lists.Count == 0 ? bytes : Without(json.Span, lists), file), Last(true), Last(false));
    }

    private static List<LongList> FindLists(ReadOnlySpan<byte> json)
    {
        var lists = new List<LongList>();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read())
        {
            bool inModel = reader.CurrentDepth == 2;
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            bool enters = reader.CurrentDepth == 1 && reader.ValueTextEquals("model"u8);
            bool vocabulary = inModel && reader.ValueTextEquals("vocab"u8);
            bool merges = inModel && reader.ValueTextEquals("merges"u8);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            if (!enters)
            {
                bool isLong = (vocabulary || merges) && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
                reader.Skip();
                if (isLong)
                {
                    lists.Add(new LongList(vocabulary, start, (int)reader.BytesConsumed));
                }
            }
        }

        return lists;
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
