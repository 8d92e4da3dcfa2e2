namespace MLNet.Dispersion.Text;

/// <summary>Reads the model of a tokenizer.json.</summary>
internal static class ModelReader
{
    internal static TokenModel Read(JsonField root)
    {
        JsonField field = root.Get("model");
        string type = field.TextOrNull("type") ?? Guess(field);
        return type switch
        {
            "BPE" => Bpe(field),
            "WordPiece" => new LongestPieceModel(
                Pieces(field), field.Text("unk_token"), field.Text("continuing_subword_prefix"), field.Number("max_input_chars_per_word")),
            "WordLevel" => new WordLevelModel(Pieces(field), field.Text("unk_token")),
            "Unigram" => Unigram(field),
            _ => throw field.Fail($"there is no model {Printable.Name(type)}; BPE, WordPiece, Unigram and WordLevel are"),
        };
    }

    private static Vocabulary Pieces(JsonField field) => LongListReader.Pieces(field.Get("vocab"));

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

        Vocabulary vocabulary = Pieces(field);
        JsonField merges = field.Get("merges");
        string? prefix = NullIfEmpty(field.TextOrNull("continuing_subword_prefix"));
        var table = new MergeTableBuilder(vocabulary, prefix, (rank, problem) => merges.Fail($"of merge {rank} {problem}"));
        LongListReader.Merges(merges, table);
        return new BpeModel(vocabulary, table.Build(), new BpeSettings
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

    private static UnigramModel Unigram(JsonField field)
    {
        (Vocabulary pieces, double[] scores) = LongListReader.ScoredPieces(field.Get("vocab"));
        JsonField? unknown = field.Find("unk_id");
        int? unknownId = unknown?.AsTokenId();
        if (unknownId >= scores.Length)
        {
            throw unknown!.Value.Fail($"the vocabulary has {scores.Length} pieces");
        }

        return new UnigramModel(pieces, scores, unknownId, field.Find("byte_fallback")?.AsBoolean() ?? false);
    }
}
