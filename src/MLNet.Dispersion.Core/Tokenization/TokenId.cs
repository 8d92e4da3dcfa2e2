namespace MLNet.Dispersion.Tokenization;

/// <summary>The range of token ids.</summary>
internal static class TokenId
{
    /// <summary>The highest id accepted: far above every real vocabulary, far below what would exhaust memory.</summary>
    internal const int Largest = (1 << 24) - 1;
}
