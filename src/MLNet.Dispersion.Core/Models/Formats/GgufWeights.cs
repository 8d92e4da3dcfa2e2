using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The tensors of a GGUF file under the names, and in the layout, of a family's own files.</summary>
internal sealed class GgufWeights
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

    private readonly string _file;
    private readonly bool _permutes;
    private readonly Architecture _architecture;
    private readonly List<(GgufEntry Entry, WeightPart Part, string Name, long[] Shape)> _tensors;

    /// <summary>Finds every tensor's name.</summary>
    /// <exception cref="ModelFileException">A tensor is none of the family's.</exception>
    internal GgufWeights(string file, string ggufArchitecture, Architecture architecture, IReadOnlyList<GgufEntry> entries)
    {
        _file = file;
        _architecture = architecture;
        _permutes = GgufArchitectures.PermutesHeads(ggufArchitecture);
        _tensors = [.. entries.Select(Place)];
    }

    /// <summary>The number of values of each tensor, in file order.</summary>
    internal IReadOnlyList<long> Counts => [.. _tensors.Select(tensor => tensor.Entry.Count)];

    /// <summary>The values of a tensor in the family's layout; belongs to the caller and to no dispose scope.</summary>
    /// <param name="reader">Reads the file; can seek.</param>
    /// <param name="index">Which of <see cref="Counts"/>.</param>
    internal Tensor Values(GgufReader reader, int index) => Values(reader, _tensors[index].Entry, _tensors[index].Part);

    /// <summary>How a safetensors file of these tensors begins.</summary>
    internal byte[] Header()
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        long offset = 0;
        foreach (var (entry, _, name, shape) in _tensors)
        {
            long end = offset + (entry.Count * sizeof(float));
            if (!header.TryAdd(name, new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(offset, end),
            }))
            {
                throw new ModelFileException(_file, "Two tensors stand for the same weights. Convert the model again.", Printable.Name(entry.Name));
            }

            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] bytes = new byte[sizeof(long) + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, sizeof(long));
        return bytes;
    }

    private (GgufEntry Entry, WeightPart Part, string Name, long[] Shape) Place(GgufEntry entry)
    {
        WeightNames names = _architecture.Names;
        int end = entry.Name.LastIndexOf('.');
        string stem = end < 0 ? entry.Name : entry.Name[..end];
        string suffix = end < 0 ? "" : entry.Name[end..];
        string? name = null;
        WeightPart part = default;
        if (stem.StartsWith(BlockPrefix, StringComparison.Ordinal))
        {
            int point = stem.IndexOf('.', BlockPrefix.Length);
            if (point > 0 && int.TryParse(stem.AsSpan(BlockPrefix.Length, point - BlockPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int block) && block < _architecture.Spec.LayerCount)
            {
                (part, name) = Find(Inside, stem[(point + 1)..], names.Block);
                name = name is null ? null : string.Create(CultureInfo.InvariantCulture, $"{names.Blocks}.{block}.{name}{suffix}");
            }
        }
        else
        {
            (part, name) = Find(Outside, stem, [.. names.Stem, .. names.Tail]);
            name = name is null ? null : name + suffix;
        }

        if (name is null || suffix is not (".weight" or ".bias"))
        {
            throw new ModelFileException(_file, $"The {_architecture.Spec.LayerCount} layers of the architecture have no such tensor. What it asks for is not supported: load the model from its directory in Hugging Face's format.", Printable.Name(entry.Name));
        }

        return (entry, part, name, IsTransposed(part, entry) ? [entry.Shape[1], entry.Shape[0]] : entry.Shape);
    }

    private static (WeightPart Part, string? Name) Find(Dictionary<string, WeightPart[]> known, string name, IReadOnlyList<(WeightPart Part, string Name)> names)
    {
        foreach (WeightPart part in known.GetValueOrDefault(name) ?? [])
        {
            foreach (var (candidate, found) in names)
            {
                if (candidate == part)
                {
                    return (part, found);
                }
            }
        }

        return (default, null);
    }

    private bool IsTransposed(WeightPart part, GgufEntry entry) =>
        _architecture.Names.InputsFirst && entry.Shape.Length == 2 && part is (WeightPart.QueryKeyValue or WeightPart.AttentionOutput or WeightPart.MlpUp or WeightPart.MlpDown);

    private Tensor Values(GgufReader reader, GgufEntry entry, WeightPart part)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor values = reader.Read(entry);
        if (Norms.Contains(part) && _architecture.Spec.Block.Norm.IsStoredMinusOne && entry.Name.EndsWith(".weight", StringComparison.Ordinal))
        {
            values = values.Minus(1);
        }
        else if (_permutes && part is (WeightPart.Query or WeightPart.Key))
        {
            AttentionSpec attention = _architecture.Spec.Block.Attention;
            values = HalvesApart(values, part == WeightPart.Query ? attention.HeadCount : attention.KeyHeadCount, entry);
        }
        else if (part == WeightPart.QueryKeyValue && _architecture.Spec.Block.Attention.Storage == AttentionStorage.FusedByHead)
        {
            values = ByHead(values, _architecture.Spec.Block.Attention.HeadCount, entry);
        }
        else if (IsTransposed(part, entry))
        {
            values = values.t();
        }

        return values.contiguous().MoveToOuterDisposeScope().DetachFromDisposeScope();
    }

    // [head][pair][2] to [head][2][pair], in the rows.
    private Tensor HalvesApart(Tensor values, long heads, GgufEntry entry)
    {
        long rows = values.shape[0];
        if (rows % (2 * heads) != 0)
        {
            throw new ModelFileException(_file, $"Its {rows} rows are no {heads} heads. Convert the model again.", Printable.Name(entry.Name));
        }

        long[] shape = values.shape;
        return values.view([heads, rows / heads / 2, 2, .. shape[1..]]).transpose(1, 2).reshape(shape);
    }

    // [query, key, value][head][feature] to [head][query, key, value][feature], in the rows.
    private Tensor ByHead(Tensor values, long heads, GgufEntry entry)
    {
        long rows = values.shape[0];
        if (rows % (3 * heads) != 0)
        {
            throw new ModelFileException(_file, $"Its {rows} rows are no queries, keys and values of {heads} heads. Convert the model again.", Printable.Name(entry.Name));
        }

        long[] shape = values.shape;
        return values.view([3, heads, rows / heads / 3, .. shape[1..]]).transpose(0, 1).reshape(shape);
    }
}
