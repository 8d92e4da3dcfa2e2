namespace MLNet.Dispersion.Text;

/// <summary>The rule that bounds the time one piece can take while a vocabulary is learned.</summary>
internal static class PieceLength
{
    /// <summary>The most UTF-16 units that are learned from as one piece.</summary>
    private const int Most = 4096;

    /// <summary>How much of a piece is taken next: all, or <see cref="Most"/> units, one fewer where that would tear a surrogate pair.</summary>
    internal static int Next(ReadOnlySpan<char> piece) => piece.Length <= Most ? piece.Length : Most - (char.IsLowSurrogate(piece[Most]) ? 1 : 0);
}
