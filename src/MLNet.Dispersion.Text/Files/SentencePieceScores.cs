namespace MLNet.Dispersion.Text;

/// <summary>Checks scored pieces and turns their scores into ranked merges, as transformers' converter does.</summary>
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

        bool bytes = byteFallback || pieces.Any(p => p.Kind == SentencePieceKind.Byte);
        return (uint)unknownId >= (uint)pieces.Count ? $"there is no piece {unknownId} to stand for unknown text"
            : bytes && Enumerable.Range(0, 256).Any(b => !seen.ContainsKey($"<0x{b:X2}>")) ? "the byte pieces must be all of <0x00> to <0xFF>"
            : null;
    }

    /// <summary>Every pair of pieces that makes a piece: the highest score first, then the longest left part, then the longest right part.</summary>
    internal static MergeTable Merges(IReadOnlyList<SentencePiece> pieces, Vocabulary vocabulary)
    {
        var merges = new List<(float Score, int LeftLength, int RightLength, int Left, int Right, int Merged)>();
        for (int id = 0; id < pieces.Count; id++)
        {
            ReadOnlySpan<char> text = pieces[id].Text;
            int first = merges.Count;
            for (int cut = CodePoints.LengthAt(text, 0); cut < text.Length; cut += CodePoints.LengthAt(text, cut))
            {
                if (vocabulary.TryGet(text[..cut], out int left) && vocabulary.TryGet(text[cut..], out int right))
                {
                    merges.Add((pieces[id].Score, CodePoints.Count(text[..cut]), CodePoints.Count(text[cut..]), left, right, id));
                }
            }

            merges.Sort(first, merges.Count - first, Comparer<(float, int, int, int Left, int Right, int)>.Create((a, b) => (a.Left, a.Right).CompareTo((b.Left, b.Right))));
        }

        var table = new MergeTable(merges.Count);
        foreach ((int rank, var merge) in merges.OrderByDescending(m => m.Score).ThenByDescending(m => m.LeftLength).ThenByDescending(m => m.RightLength).Index())
        {
            table.Add(merge.Left, merge.Right, rank, merge.Merged);
        }

        return table;
    }
}

/// <summary>One piece of a sentence-piece vocabulary; its id is its place.</summary>
/// <param name="Text">Its text, with U+2581 for a space.</param>
/// <param name="Score">The higher, the sooner two neighbours that make it are merged.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct SentencePiece(string Text, float Score, SentencePieceKind Kind);

/// <summary>What a sentence-piece is; the numbers are those of the file format.</summary>
internal enum SentencePieceKind
{
    /// <summary>An ordinary piece.</summary>
    Normal = 1,

    /// <summary>Stands for what no piece covers.</summary>
    Unknown = 2,

    /// <summary>A token that no ordinary text makes, such as the beginning of a sequence.</summary>
    Control = 3,

    /// <summary>A piece that is always kept whole.</summary>
    UserDefined = 4,

    /// <summary>A piece that is merged further but never given out by sentence-piece itself; the reference's converter treats it as an ordinary one.</summary>
    Unused = 5,

    /// <summary>One byte, written <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}
