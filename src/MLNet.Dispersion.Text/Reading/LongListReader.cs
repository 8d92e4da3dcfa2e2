using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Reads the long lists of tokenizer files.</summary>
internal static class LongListReader
{
    /// <summary>Pieces with their ids: <c>{"piece": id}</c>, each piece once.</summary>
    /// <param name="place">The object.</param>
    internal static Vocabulary Pieces(JsonField place)
    {
        var builder = new VocabularyBuilder(place.Utf8.Length);
        var reader = new JsonListReader(place.Utf8.Span);
        if (!reader.Enter('{'))
        {
            throw place.Fail("it must be an object, written in braces");
        }

        while (reader.Next('}'))
        {
            ReadOnlySpan<char> piece = Text(ref reader, 0, "a piece", place);
            reader.Next('}');
            int id = reader.GetIndex(TokenId.Largest);
            if (id < 0)
            {
                throw place.Fail($"the id of the piece \"{Printable.Name(piece.ToString())}\" must be a whole number from 0 to {TokenId.Largest}, and {Excerpt(reader.Written)} is none");
            }

            if (!builder.Add(piece, id))
            {
                throw place.Fail($"the vocabulary holds the piece \"{Printable.Name(piece.ToString())}\" twice");
            }
        }

        return builder.Build();
    }

    /// <summary>Pieces with their scores: <c>[["piece", score]]</c>, the id of each its place.</summary>
    /// <param name="place">The list.</param>
    internal static (Vocabulary Pieces, double[] Scores) ScoredPieces(JsonField place)
    {
        var builder = new VocabularyBuilder(place.Utf8.Length);
        var scores = new List<double>();
        var reader = new JsonListReader(place.Utf8.Span);
        if (!reader.Enter('['))
        {
            throw place.Fail("it must be a list, written in brackets");
        }

        while (reader.Next(']'))
        {
            bool isPair = reader.Is('[') && reader.Next(']') && reader.Is('"');
            ReadOnlySpan<char> piece = isPair ? Text(ref reader, 0, "a piece", place) : default;
            isPair &= reader.Next(']');
            double score = isPair ? reader.GetDouble() : double.NaN;
            if (!double.IsFinite(score) || reader.Next(']'))
            {
                throw place.Fail($"piece {scores.Count} must be a list of its text and its score, a finite number");
            }

            builder.Add(piece, scores.Count);
            scores.Add(score);
        }

        return (builder.Build(), [.. scores]);
    }

    /// <summary>Pairs that are merged, the most urgent first: all written <c>"a b"</c>, or all <c>["a", "b"]</c>.</summary>
    /// <param name="place">The list.</param>
    /// <param name="merges">Takes them.</param>
    internal static void Merges(JsonField place, MergeTableBuilder merges)
    {
        char kind = default;
        var reader = new JsonListReader(place.Utf8.Span);
        if (!reader.Enter('['))
        {
            throw place.Fail("it must be a list, written in brackets");
        }

        while (reader.Next(']'))
        {
            char found = reader.Is('[') ? '[' : '"';
            if (kind != default && found != kind)
            {
                throw place.Fail("some merges are lists and some are texts");
            }

            kind = found;
            if (kind == '[')
            {
                bool isPair = reader.Next(']');
                ReadOnlySpan<char> left = isPair ? Text(ref reader, 0, "a piece", place) : default;
                isPair = isPair && reader.Next(']');
                ReadOnlySpan<char> right = isPair ? Text(ref reader, 1, "a piece", place) : default;
                if (!isPair || reader.Next(']'))
                {
                    throw place.Fail($"merge {merges.Count} must have two pieces");
                }

                merges.Add(left, right);
                continue;
            }

            ReadOnlySpan<char> line = Text(ref reader, 0, "a merge", place);
            if (line.StartsWith("#version"))
            {
                continue;
            }

            int blank = line.IndexOf(' ');
            if (blank < 0 || line[(blank + 1)..].Contains(' '))
            {
                throw place.Fail($"merge {merges.Count} must be two pieces with one blank between them");
            }

            merges.Add(line[..blank], line[(blank + 1)..]);
        }
    }

    /// <summary>The text of a value or a name, in one of two places that are written anew each time.</summary>
    private static ReadOnlySpan<char> Text(ref JsonListReader reader, int buffer, string what, JsonField place) => reader.TryGetText(buffer, out ReadOnlySpan<char> text)
        ? text
        : throw place.Fail($"{what} in it is no {(reader.Is('"') ? "valid Unicode text, which JSON must be" : "text")}");

    /// <summary>A value as it is written, shortened, for messages.</summary>
    private static string Excerpt(ReadOnlySpan<byte> written) => Printable.Name(Encoding.UTF8.GetString(written[..Math.Min(60, written.Length)]));
}
