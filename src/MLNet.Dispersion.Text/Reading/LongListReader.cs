namespace MLNet.Dispersion.Text;

/// <summary>Reads the long lists of tokenizer files from their bytes, which are known to be JSON.</summary>
internal static class LongListReader
{
    /// <summary>Pieces with their ids: <c>{"piece": id}</c>, each piece once.</summary>
    /// <param name="json">The object.</param>
    /// <param name="place">Where it stands, for messages.</param>
    internal static Vocabulary Pieces(ReadOnlySpan<byte> json, JsonField place)
    {
        var builder = new VocabularyBuilder();
        var reader = new ListReader(json, place);
        reader.Enter('{', "it must be an object, written in braces");
        while (reader.Next('}'))
        {
            ReadOnlySpan<char> piece = reader.Text(0, "a piece");
            reader.Next('}');
            int id = reader.Id();
            if (id < 0)
            {
                throw place.Fail($"the id of the piece \"{Printable.Name(piece.ToString())}\" must be a whole number from 0 to {TokenId.Largest}, and {reader.Excerpt()} is none");
            }

            if (!builder.Add(piece, id))
            {
                throw place.Fail($"the vocabulary holds the piece \"{Printable.Name(piece.ToString())}\" twice");
            }
        }

        return builder.Build();
    }

    /// <summary>Pieces with their scores: <c>[["piece", score]]</c>, the id of each its place.</summary>
    /// <param name="json">The list.</param>
    /// <param name="place">Where it stands, for messages.</param>
    internal static (Vocabulary Pieces, double[] Scores) ScoredPieces(ReadOnlySpan<byte> json, JsonField place)
    {
        var builder = new VocabularyBuilder();
        var scores = new List<double>();
        var reader = new ListReader(json, place);
        reader.Enter('[', "it must be a list, written in brackets");
        while (reader.Next(']'))
        {
            bool isPair = reader.Is('[') && reader.Next(']') && reader.Is('"');
            ReadOnlySpan<char> piece = isPair ? reader.Text(0, "a piece") : default;
            isPair &= reader.Next(']');
            double score = isPair ? reader.Score() : double.NaN;
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
    /// <param name="json">The list.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <param name="merges">Takes them.</param>
    internal static void Merges(ReadOnlySpan<byte> json, JsonField place, MergeTableBuilder merges)
    {
        char kind = default;
        var reader = new ListReader(json, place);
        reader.Enter('[', "it must be a list, written in brackets");
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
                ReadOnlySpan<char> left = isPair ? reader.Text(0, "a piece") : default;
                isPair = isPair && reader.Next(']');
                ReadOnlySpan<char> right = isPair ? reader.Text(1, "a piece") : default;
                if (!isPair || reader.Next(']'))
                {
                    throw place.Fail($"merge {merges.Count} must have two pieces");
                }

                merges.Add(left, right);
                continue;
            }

            ReadOnlySpan<char> line = reader.Text(0, "a merge");
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
}
