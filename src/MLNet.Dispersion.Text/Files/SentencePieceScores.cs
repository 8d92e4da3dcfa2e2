namespace MLNet.Dispersion.Text;

/// <summary>Checks scored pieces and turns their scores into ranked merges.</summary>
internal static class SentencePieceScores
{
    /// <summary>What is wrong with the pieces, or null.</summary>
    internal static string? FindProblem(IReadOnlyList<SentencePiece> pieces, int unknownId, bool byteFallback)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Text.Length == 0)
            {
                return $"piece {id} is empty";
            }

            if (!seen.TryAdd(pieces[id].Text, id))
            {
                return $"the pieces {seen[pieces[id].Text]} and {id} are the same";
            }
        }

        return (uint)unknownId >= (uint)pieces.Count ? $"there is no piece {unknownId} to stand for unknown text"
            : (byteFallback || pieces.Any(p => p.Kind == SentencePieceKind.Byte)) && SentencePieceModel.ByteIds(ById(pieces)) is null ? "the byte pieces must be all of <0x00> to <0xFF>"
            : null;
    }

    /// <summary>The pieces by their places.</summary>
    internal static Dictionary<int, SentencePiece> ById(IReadOnlyList<SentencePiece> pieces) =>
        pieces.Select((piece, id) => KeyValuePair.Create(id, piece)).ToDictionary();

    /// <summary>Every pair of pieces that makes a piece, ranked by that piece's score; equal scores have equal ranks.</summary>
    internal static Dictionary<(int Left, int Right), (int Rank, int Merged)> Merges(IReadOnlyList<SentencePiece> pieces)
    {
        (SentencePiece Piece, int Id)[] mergeable = [.. pieces.Select((piece, id) => (piece, id))
            .Where(x => x.piece.Kind is SentencePieceKind.Normal or SentencePieceKind.Unused or SentencePieceKind.UserDefined)];
        var ids = mergeable.ToDictionary(x => x.Piece.Text, x => x.Id, StringComparer.Ordinal);
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Dictionary<float, int> ranks = mergeable.Select(x => x.Piece.Score).Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(x => x.score, x => x.rank);
        var merges = new Dictionary<(int Left, int Right), (int Rank, int Merged)>();
        foreach ((SentencePiece piece, int id) in mergeable)
        {
            for (int cut = 1; cut < piece.Text.Length; cut++)
            {
                ReadOnlySpan<char> text = piece.Text;
                if (bySpan.TryGetValue(text[..cut], out int left) && bySpan.TryGetValue(text[cut..], out int right))
                {
                    merges[(left, right)] = (ranks[piece.Score], id);
                }
            }
        }

        return merges;
    }
}
