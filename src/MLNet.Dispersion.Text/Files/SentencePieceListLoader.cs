namespace MLNet.Dispersion.Text;

/// <summary>Loads a sentence-piece tokenizer from a list of scored pieces in tokenizer_pieces.json, as exported from llama2.c's tokenizer files.</summary>
internal static class SentencePieceListLoader
{
    internal const string File = "tokenizer_pieces.json";

    internal static SentencePieceModel Load(FileSource source)
    {
        JsonField root = JsonField.Read(source, File);
        int unknown = root.Get("unk_id").AsTokenId();
        int bos = root.Get("bos_id").AsTokenId();
        int eos = root.Get("eos_id").AsTokenId();
        SentencePiece[] pieces = ReadPieces(root.Get("pieces"), unknown);
        string? problem = SentencePieceScores.FindProblem(pieces, unknown, byteFallback: false)
            ?? (Math.Max(bos, eos) >= pieces.Length ? $"there is no piece {Math.Max(bos, eos)} to begin or end with" : null);
        if (problem is not null)
        {
            throw root.Get("pieces").Fail(problem);
        }

        AddedToken[] special = [.. pieces.Select((piece, id) => (piece, id))
            .Where(x => x.piece.Kind is SentencePieceKind.Control or SentencePieceKind.Unknown)
            .Select(x => new AddedToken(x.id, x.piece.Text))];
        var model = new SentencePieceModel
        {
            Pieces = SentencePieceScores.ById(pieces),
            Merges = SentencePieceScores.Merges(pieces),
            UnknownId = unknown,
            ByteFallback = pieces.Any(p => p.Kind == SentencePieceKind.Byte),
            Prefix = root.Find("add_dummy_prefix")?.AsBoolean() ?? true ? BlankPrefix.Every : BlankPrefix.None,
            AddedTokens = special,
            Before = root.Find("add_bos")?.AsBoolean() ?? true ? [bos] : [],
            BosTokenId = bos,
            EosTokenId = eos,
        };
        return model with { Files = SentencePieceWriter.Write(model, SentencePieceWriter.File(model, pieces), source) };
    }

    private static SentencePiece[] ReadPieces(JsonField list, int unknown)
    {
        var pieces = new List<SentencePiece>();
        foreach (JsonField item in list.Items())
        {
            int id = item.Get("id").AsTokenId();
            if (id != pieces.Count)
            {
                throw item.Get("id").Fail($"the pieces must be in the order of their ids, and this one should be {pieces.Count}");
            }

            string type = item.Get("type").AsString();
            SentencePieceKind kind = type switch
            {
                "normal" => SentencePieceKind.Normal,
                "byte" => SentencePieceKind.Byte,
                "special" => id == unknown ? SentencePieceKind.Unknown : SentencePieceKind.Control,
                _ => throw item.Get("type").Fail($"the type {type} is none of normal, byte and special"),
            };
            string text = item.Get("piece").AsString();
            text = type == "special" ? text.Trim() : text.Replace(' ', SentencePieceModel.Blank);
            pieces.Add(new SentencePiece(text, item.Get("score").AsSingle(), kind));
        }

        return [.. pieces];
    }
}
