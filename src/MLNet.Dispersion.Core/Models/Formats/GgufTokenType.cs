namespace MLNet.Dispersion.Models;

/// <summary>What a token is, by its number under <c>tokenizer.ggml.token_type</c>.</summary>
internal static class GgufTokenType
{
    internal const int Normal = 1;
    internal const int Unknown = 2;
    internal const int Control = 3;
    internal const int UserDefined = 4;
    internal const int Unused = 5;
    internal const int Byte = 6;
}
