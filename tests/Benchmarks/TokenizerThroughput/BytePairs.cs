using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>A published byte-level vocabulary: pieces as bytes in the order of their ids, and the merges that make them.</summary>
internal sealed class BytePairs
{
    private static readonly string[] Symbols = MakeSymbols();
    private readonly Dictionary<string, int> _ranks;

    private BytePairs(List<string> pieces, Dictionary<string, int> ranks)
    {
        Pieces = pieces;
        _ranks = ranks;
        Merges = [.. pieces.Where(piece => piece.Length > 1).Select(Split).OfType<(string, string)>()];
    }

    /// <summary>The pieces, each byte spelled as GPT-2's stand-in.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <summary>The merges, the most urgent first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>Reads the vocabulary of a package Microsoft.ML.Tokenizers.Data.</summary>
    public static BytePairs Read(string package, string resource)
    {
        using Stream stream = Assembly.Load($"Microsoft.ML.Tokenizers.Data.{package}").GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(new DeflateStream(stream, CompressionMode.Decompress));
        var pieces = new List<string>();
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            string bytes = blank < 0 ? line : line[..blank];
            if (bytes.Length > 0 && !bytes.EndsWith(':'))
            {
                string piece = Spell(Convert.FromBase64String(bytes));
                ranks.Add(piece, pieces.Count);
                pieces.Add(piece);
            }
        }

        return new BytePairs(pieces, ranks);
    }

    /// <summary>Bytes in GPT-2's stand-ins.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte value in bytes)
        {
            text.Append(Symbols[value]);
        }

        return text.ToString();
    }

    /// <summary>The two pieces that are merged into this one: those that the merges before it leave.</summary>
    private (string Left, string Right)? Split(string piece)
    {
        List<string> parts = [.. piece.Select(c => c.ToString())];
        int own = _ranks[piece];
        while (parts.Count > 2)
        {
            int best = -1;
            int bestRank = own;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if (_ranks.TryGetValue(parts[i] + parts[i + 1], out int rank) && rank < bestRank)
                {
                    (best, bestRank) = (i, rank);
                }
            }

            if (best < 0)
            {
                return null;
            }

            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }

        return (parts[0], parts[1]);
    }

    private static string[] MakeSymbols()
    {
        var symbols = new string[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            symbols[b] = (b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++).ToString();
        }

        return symbols;
    }
}
