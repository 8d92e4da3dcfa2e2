namespace MLNet.Dispersion.Text;

/// <summary>Reads the scored pieces of tokenizer_pieces.json.</summary>
internal static class SentencePieceList
{
    internal static SentencePiece[] Read(JsonField list, int unknown)
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
                _ => throw item.Get("type").Fail($"the type {Printable.Name(type)} is none of normal, byte and special"),
            };
            string text = item.Get("piece").AsString();
            text = type == "special" ? text.Trim() : text.Replace(' ', '\u2581');
            pieces.Add(new SentencePiece(text, item.Get("score").AsSingle(), kind));
        }

        return [.. pieces];
    }
}
