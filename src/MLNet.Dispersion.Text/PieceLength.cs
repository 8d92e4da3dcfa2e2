namespace MLNet.Dispersion.Text;

/// <summary>The rule that bounds the time one piece can take.</summary>
internal static class PieceLength
{
    /// <summary>How much of a piece is taken next: all, or <see cref="ByteLevelBpeTokenizer.MaxPieceLength"/> units, one fewer where that would tear a surrogate pair.</summary>
    internal static int Next(ReadOnlySpan<char> piece)
    {
        if (piece.Length <= ByteLevelBpeTokenizer.MaxPieceLength)
        {
            return piece.Length;
        }

        return ByteLevelBpeTokenizer.MaxPieceLength - (char.IsLowSurrogate(piece[ByteLevelBpeTokenizer.MaxPieceLength]) ? 1 : 0);
    }
}
