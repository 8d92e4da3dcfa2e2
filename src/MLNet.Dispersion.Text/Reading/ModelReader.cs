namespace MLNet.Dispersion.Text;

/// <summary>Reads the model of a tokenizer.json.</summary>
internal static class ModelReader
{
    internal static TokenModel Read(JsonField field)
    {
        string type = field.TextOrNull("type") ?? Guess(field);
        return type switch
        {
            "BPE" => Bpe(field),
            "WordPiece" => new LongestPieceModel(
                ReadVocabulary(field.Get("vocab")), field.Text("unk_token"), field.Text("continuing_subword_prefix"), field.Number("max_input_chars_per_word")),
            "WordLevel" => new WordLevelModel(ReadVocabulary(field.Get("vocab")), field.Text("unk_token")),
            "Unigram" => Unigram(field),
            _ => throw field.Fail($"there is no model {Printable.Name(type)}; BPE, WordPiece, Unigram and WordLevel are"),
        };
    }

    /// <summary>Pieces with their ids.</summary>
    internal static Vocabulary ReadVocabulary(JsonField field)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string piece, JsonField id) in field.Members())
        {
            if (!ids.TryAdd(piece, id.AsTokenId()))
            {
                throw id.Fail("the vocabulary holds this piece twice");
            }
        }

        return new Vocabulary(ids);
    }

    /// <summary>Makes the table of merges.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="merges">The pairs, the most urgent first.</param>
    /// <param name="prefix">What marks a piece inside a word: as many bytes go from the right part.</param>
    /// <param name="fail">Makes the exception of a merge that does not fit: its number, and what is wrong.</param>
    internal static MergeTable MakeMerges(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, string? prefix, Func<int, string, Exception> fail)
    {
        var table = new MergeTable(merges.Count);
        int cut = prefix is null ? 0 : CodePoints.Utf8Length(prefix);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            int left0 = Id(left, rank);
            int right0 = Id(right, rank);
            string rest = cut == 0 ? right : WithoutBytes(right, cut) ?? throw fail(rank, $"the right part \"{Printable.Name(right)}\" is shorter than the prefix, or cut within a character by it");
            table.Add(left0, right0, rank, Id(left + rest, rank));
        }

        return table;

        int Id(string piece, int rank) => vocabulary.TryGet(piece, out int id) ? id : throw fail(rank, $"it needs the piece \"{Printable.Name(piece)}\", which the vocabulary lacks");
    }

    private static string? WithoutBytes(string text, int bytes)
    {
        int at = 0;
        while (bytes > 0 && at < text.Length)
        {
            bytes -= CodePoints.Utf8Length(CodePoints.At(text, at));
            at += CodePoints.LengthAt(text, at);
        }

        return bytes == 0 ? text[at..] : null;
    }

    private static string Guess(JsonField field)
    {
        bool list = field.Find("vocab")?.IsArray == true;
        return field.Find("merges") is not null ? "BPE"
            : list ? "Unigram"
            : field.Find("continuing_subword_prefix") is not null && field.Find("max_input_chars_per_word") is not null ? "WordPiece"
            : "WordLevel";
    }

    private static BpeModel Bpe(JsonField field)
    {
        JsonField? dropout = field.Find("dropout");
        if (dropout is { } share && share.AsSingle() is not (>= 0 and <= 1))
        {
            throw share.Fail("it must be from 0 to 1");
        }

        Vocabulary vocabulary = ReadVocabulary(field.Get("vocab"));
        JsonField merges = field.Get("merges");
        string? prefix = NullIfEmpty(field.TextOrNull("continuing_subword_prefix"));
        MergeTable table = MakeMerges(vocabulary, ReadMerges(merges), prefix, (rank, problem) => merges.Fail($"of merge {rank} {problem}"));
        return new BpeModel(vocabulary, table, new BpeSettings
        {
            Unknown = field.TextOrNull("unk_token"),
            Prefix = prefix,
            Suffix = NullIfEmpty(field.TextOrNull("end_of_word_suffix")),
            FuseUnknown = field.Find("fuse_unk")?.AsBoolean() ?? false,
            ByteFallback = field.Find("byte_fallback")?.AsBoolean() ?? false,
            IgnoreMerges = field.Find("ignore_merges")?.AsBoolean() ?? false,
            Dropout = dropout?.AsSingle() ?? 0,
        });
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>The pairs: all written <c>"a b"</c>, or all <c>["a", "b"]</c>.</summary>
    private static List<(string Left, string Right)> ReadMerges(JsonField field)
    {
        var merges = new List<(string Left, string Right)>();
        bool? lists = null;
        foreach (JsonField merge in field.Items())
        {
            if (lists is { } before && before != merge.IsArray)
            {
                throw merge.Fail("some merges are lists and some are texts");
            }

            lists = merge.IsArray;
            if (merge.IsArray)
            {
                JsonField[] parts = [.. merge.Items()];
                merges.Add(parts.Length == 2 ? (parts[0].AsString(), parts[1].AsString()) : throw merge.Fail("a merge must have two pieces"));
                continue;
            }

            string line = merge.AsString();
            if (line.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            merges.Add(blank >= 0 && line.IndexOf(' ', blank + 1) < 0 ? (line[..blank], line[(blank + 1)..]) : throw merge.Fail("a merge must be two pieces with one blank between them"));
        }

        return merges;
    }

    private static UnigramModel Unigram(JsonField field)
    {
        JsonField vocabulary = field.Get("vocab");
        var pieces = new List<(string Text, double Score)>();
        foreach (JsonField piece in vocabulary.Items())
        {
            JsonField[] parts = [.. piece.Items()];
            pieces.Add(parts.Length == 2 ? (parts[0].AsString(), parts[1].AsDouble()) : throw piece.Fail("a piece must be a list of its text and its score"));
        }

        JsonField? unknown = field.Find("unk_id");
        int? unknownId = unknown?.AsTokenId();
        if (unknownId >= pieces.Count)
        {
            throw unknown!.Value.Fail($"the vocabulary has {pieces.Count} pieces");
        }

        return new UnigramModel(pieces, unknownId, field.Find("byte_fallback")?.AsBoolean() ?? false);
    }
}
