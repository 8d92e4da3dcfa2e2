namespace MLNet.Dispersion.Text;

/// <summary>The range of token ids.</summary>
internal static class TokenId
{
    /// <summary>The highest id accepted: far above every real vocabulary, far below what would exhaust memory.</summary>
    internal const int Largest = (1 << 24) - 1;

    /// <summary>A value of a document as a token id.</summary>
    /// <exception cref="ModelFileException">It is none.</exception>
    internal static int AsTokenId(this JsonField field) => field.AsIndex(Largest, "a token id");
}
