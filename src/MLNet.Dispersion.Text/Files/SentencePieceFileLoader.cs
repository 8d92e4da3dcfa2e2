namespace MLNet.Dispersion.Text;

/// <summary>Loads a sentence-piece tokenizer from tokenizer.model.</summary>
internal static class SentencePieceFileLoader
{
    internal const string File = "tokenizer.model";
    private const int BytePairEncoding = 2;
    private const string Cure = "Put the model's tokenizer.json beside it: that is read first.";

    internal static SentencePieceModel Load(FileSource source)
    {
        string file = source.Describe(File);
        SentencePieceProto proto = Parse(source, file);
        var side = new TokenizerSideFiles(source);
        var vocabulary = proto.Pieces.Select((piece, id) => (piece.Text, id)).ToDictionary(x => x.Text, x => x.id, StringComparer.Ordinal);
        var table = new AddedTokenTable(vocabulary);
        side.Collect(table);
        foreach (SentencePiece piece in proto.Pieces.Where(p => p.Kind is SentencePieceKind.Control or SentencePieceKind.Unknown))
        {
            table.MarkSpecial(piece.Text);
        }

        int? bos = Role(side, "bos_token", "bos_token_id", proto.BosId, table);
        int? eos = Role(side, "eos_token", "eos_token_id", proto.EosId, table);
        BlankPrefix prefix = !proto.AddDummyPrefix ? BlankPrefix.None : side.Flag("legacy") == false ? BlankPrefix.First : BlankPrefix.Every;
        var model = new SentencePieceModel
        {
            Pieces = SentencePieceScores.ById(proto.Pieces),
            Merges = SentencePieceScores.Merges(proto.Pieces),
            UnknownId = proto.UnknownId,
            ByteFallback = proto.ByteFallback,
            Prefix = prefix,
            AddedTokens = [.. table.Tokens, .. UserDefined(proto)],
            Before = side.Flag("add_bos_token") != false && bos is { } first ? [first] : [],
            After = side.Flag("add_eos_token") == true && eos is { } last ? [last] : [],
            BosTokenId = bos,
            EosTokenId = eos,
        };
        return model with { Files = SentencePieceWriter.Write(model, source.ReadAllBytes(File), source) };
    }

    private static SentencePieceProto Parse(FileSource source, string file)
    {
        SentencePieceProto proto;
        try
        {
            proto = SentencePieceProto.Parse(source.ReadAllBytes(File));
        }
        catch (FormatException e)
        {
            throw new ModelFileException(file, $"This is no sentence-piece file: {e.Message}. {Cure}", innerException: e);
        }

        string? problem = SentencePieceScores.FindProblem(proto.Pieces, proto.UnknownId, proto.ByteFallback);
        problem ??= proto.ModelType != BytePairEncoding ? $"its kind is {proto.ModelType}, and only BPE (2) is supported"
            : proto.HasCharacterMap || proto.RemoveExtraWhitespaces ? "it rewrites its text by a character map or removes spaces, which is not supported"
            : null;
        return problem is null ? proto : throw new ModelFileException(file, $"This sentence-piece file cannot be used: {problem}. {Cure}");
    }

    private static int? Role(TokenizerSideFiles side, string role, string idName, int fallback, AddedTokenTable table) =>
        side.States(role) ? side.RoleId(role, idName, table)
        : table.ContentOf(fallback) is not null ? fallback
        : null;

    private static IEnumerable<AddedToken> UserDefined(SentencePieceProto proto) => proto.Pieces
        .Select((piece, id) => (piece, id))
        .Where(x => x.piece.Kind == SentencePieceKind.UserDefined)
        .Select(x => new AddedToken(x.id, x.piece.Text.Replace(SentencePieceModel.Blank, ' '), Special: false));
}
