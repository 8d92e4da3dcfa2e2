using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Text;

/// <summary>The patterns by which the known families of byte-level tokenizers cut text into pieces.</summary>
internal static partial class PreTokenizerPatterns
{
    internal const string Gpt2Text = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    internal const string Qwen2Text = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>GPT-2's pattern.</summary>
    [GeneratedRegex(Gpt2Text, RegexOptions.CultureInvariant)]
    internal static partial Regex Gpt2();

    /// <summary>The pattern of Qwen2, Qwen2.5 and Qwen3.</summary>
    [GeneratedRegex(Qwen2Text, RegexOptions.CultureInvariant)]
    internal static partial Regex Qwen2();
}
