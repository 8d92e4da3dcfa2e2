using System.Globalization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What the tensors of a family's own files are called in GGUF files, and in which order their values lie there.</summary>
/// <param name="ggufArchitecture">The architecture as GGUF calls it.</param>
/// <param name="family">The same as the family reads it.</param>
internal sealed class GgufLayout(string ggufArchitecture, Architecture family)
{
    private const string BlockPrefix = "blk.";

    private static readonly Dictionary<string, WeightPart[]> Outside = new(StringComparer.Ordinal)
    {
        ["token_embd"] = [WeightPart.Tokens],
        ["position_embd"] = [WeightPart.Positions],
        ["token_embd_norm"] = [WeightPart.EmbeddingNorm],
        ["output_norm"] = [WeightPart.FinalNorm],
        ["output"] = [WeightPart.Head],
    };

    // Of several parts the first that the family names.
    private static readonly Dictionary<string, WeightPart[]> Inside = new(StringComparer.Ordinal)
    {
        ["attn_norm"] = [WeightPart.AttentionNorm],
        ["attn_qkv"] = [WeightPart.QueryKeyValue],
        ["attn_q"] = [WeightPart.Query],
        ["attn_k"] = [WeightPart.Key],
        ["attn_v"] = [WeightPart.Value],
        ["attn_q_norm"] = [WeightPart.QueryNorm],
        ["attn_k_norm"] = [WeightPart.KeyNorm],
        ["attn_output"] = [WeightPart.AttentionOutput],
        ["post_attention_norm"] = [WeightPart.AttentionOutputNorm],
        ["ffn_norm"] = [WeightPart.MlpNorm],
        ["ffn_gate"] = [WeightPart.MlpGate],
        ["ffn_up"] = [WeightPart.MlpGateUp, WeightPart.MlpUp],
        ["ffn_down"] = [WeightPart.MlpDown],
        ["post_ffw_norm"] = [WeightPart.MlpOutputNorm],
    };

    private static readonly HashSet<WeightPart> Norms =
    [
        WeightPart.EmbeddingNorm, WeightPart.FinalNorm, WeightPart.AttentionNorm, WeightPart.QueryNorm, WeightPart.KeyNorm,
        WeightPart.AttentionOutputNorm, WeightPart.MlpNorm, WeightPart.MlpOutputNorm,
    ];

    private readonly bool _permutes = GgufArchitectures.PermutesHeads(ggufArchitecture);
    private readonly WeightNames _names = family.Names;

    // A name may stand for two parts, of which blocks that norm what their branches give have the one behind them.
    private readonly IReadOnlyList<(WeightPart Part, string Name)> _block =
        [.. family.Names.Block.Where(named => family.Spec.Block.Order != BlockOrder.NormBranches || named.Part is not (WeightPart.AttentionNorm or WeightPart.MlpNorm))];

    private readonly AttentionSpec _attention = family.Spec.Block.Attention;

    private IReadOnlyList<(WeightPart Part, string Name)> Around => [.. _names.Stem, .. _names.Tail];

    /// <summary>The part that a tensor of a GGUF file is, and its name in the family's own files; null where it is none of the family's.</summary>
    internal (WeightPart Part, string Name)? InFamily(string ggufName)
    {
        if (Split(ggufName) is not var (stem, suffix))
        {
            return null;
        }

        if (!stem.StartsWith(BlockPrefix, StringComparison.Ordinal))
        {
            return First(Outside, stem, Around) is var (part, name) ? (part, name + suffix) : null;
        }

        return Numbered(stem[BlockPrefix.Length..]) is var (block, rest) && First(Inside, rest, _block) is var (inner, own)
            ? (inner, string.Create(CultureInfo.InvariantCulture, $"{_names.Blocks}.{block}.{own}{suffix}"))
            : null;
    }

    /// <summary>The part that a parameter is, and its name in a GGUF file; null where the format has no place for it.</summary>
    internal (WeightPart Part, string Name)? InGguf(string parameterName)
    {
        if (Split(parameterName) is not var (stem, suffix))
        {
            return null;
        }

        string blocks = _names.Blocks + ".";
        if (!stem.StartsWith(blocks, StringComparison.Ordinal))
        {
            return Named(Outside, stem, Around) is var (part, name) ? (part, name + suffix) : null;
        }

        return Numbered(stem[blocks.Length..]) is var (block, rest) && Named(Inside, rest, _block) is var (inner, gguf)
            ? (inner, string.Create(CultureInfo.InvariantCulture, $"{BlockPrefix}{block}.{gguf}{suffix}"))
            : null;
    }

    /// <summary>Whether a matrix has its inputs first in the family's own files.</summary>
    internal bool IsTransposed(WeightPart part, int dimensions) =>
        _names.InputsFirst && dimensions == 2 && part is (WeightPart.QueryKeyValue or WeightPart.AttentionOutput or WeightPart.MlpUp or WeightPart.MlpDown);

    /// <summary>From the order of a GGUF file to the family's. Call it in a dispose scope.</summary>
    internal Tensor ToFamily(Tensor values, WeightPart part, string ggufName)
    {
        Tensor rows = Rows(values, part, toGguf: false);
        return IsShifted(part, ggufName) ? rows.Minus(1) : IsTransposed(part, rows.shape.Length) ? rows.t() : rows;
    }

    /// <summary>From the family's order to that of a GGUF file. Call it in a dispose scope.</summary>
    internal Tensor ToGguf(Tensor values, WeightPart part, string ggufName)
    {
        Tensor rows = IsShifted(part, ggufName) ? values.Plus(1) : IsTransposed(part, values.shape.Length) ? values.t() : values;
        return Rows(rows, part, toGguf: true);
    }

    /// <summary>Puts the rows of what gives a part into the other order: features of a head that are turned together lie half a head apart or side by side, and a fused matrix goes by head or by kind.</summary>
    internal Tensor Rows(Tensor values, WeightPart part, bool toGguf)
    {
        if (_permutes && part is (WeightPart.Query or WeightPart.Key))
        {
            long heads = part == WeightPart.Query ? _attention.HeadCount : _attention.KeyHeadCount;
            return Exchanged(values, outer: heads, first: toGguf ? 2 : -1, second: toGguf ? -1 : 2);
        }

        return part == WeightPart.QueryKeyValue && _attention.Storage == AttentionStorage.FusedByHead
            ? Exchanged(values, outer: 1, first: toGguf ? _attention.HeadCount : 3, second: toGguf ? 3 : _attention.HeadCount)
            : values;
    }

    private bool IsShifted(WeightPart part, string ggufName) =>
        Norms.Contains(part) && family.Spec.Block.Norm.IsStoredMinusOne && ggufName.EndsWith(".weight", StringComparison.Ordinal);

    // Rows as [outer][first][second][...] to [outer][second][first][...]; one of the sizes may be -1 for what is left.
    private static Tensor Exchanged(Tensor values, long outer, long first, long second)
    {
        long[] shape = values.shape;
        long known = outer * Math.Abs(first) * Math.Abs(second);
        if (shape[0] % known != 0)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Its {shape[0]} rows are no multiple of {known}, as the model's heads ask for."));
        }

        long rest = shape[0] / known;
        first = first < 0 ? rest : first;
        second = second < 0 ? rest : second;
        return values.reshape([outer, first, second, shape[0] / (outer * first * second), .. shape[1..]]).transpose(1, 2).reshape(shape);
    }

    private static (string Stem, string Suffix)? Split(string name)
    {
        int end = name.LastIndexOf('.');
        return end > 0 && name[end..] is ".weight" or ".bias" ? (name[..end], name[end..]) : null;
    }

    private (int Block, string Inner)? Numbered(string name)
    {
        int point = name.IndexOf('.', StringComparison.Ordinal);
        return point > 0 && int.TryParse(name.AsSpan(0, point), NumberStyles.None, CultureInfo.InvariantCulture, out int block) && block < family.Spec.LayerCount ? (block, name[(point + 1)..]) : null;
    }

    private static (WeightPart Part, string Name)? First(Dictionary<string, WeightPart[]> known, string ggufName, IReadOnlyList<(WeightPart Part, string Name)> names) =>
        (known.GetValueOrDefault(ggufName) ?? []).SelectMany(part => names.Where(named => named.Part == part)).Select(named => ((WeightPart, string)?)named).FirstOrDefault();

    private static (WeightPart Part, string Name)? Named(Dictionary<string, WeightPart[]> known, string name, IReadOnlyList<(WeightPart Part, string Name)> names) =>
        names.Where(named => named.Name == name).SelectMany(named => known.Where(pair => pair.Value.Contains(named.Part)).Select(pair => ((WeightPart, string)?)(named.Part, pair.Key))).FirstOrDefault();
}
