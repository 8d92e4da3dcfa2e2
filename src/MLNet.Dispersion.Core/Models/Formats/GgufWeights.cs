using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The tensors of a GGUF file under the names, and in the layout, of a family's own files.</summary>
internal sealed class GgufWeights
{
    private readonly string _file;
    private readonly int _layers;
    private readonly GgufLayout _layout;
    private readonly List<(GgufEntry Entry, WeightPart Part, string Name, long[] Shape)> _tensors;

    /// <summary>Finds every tensor's name.</summary>
    /// <exception cref="ModelFileException">A tensor is none of the family's.</exception>
    internal GgufWeights(string file, string ggufArchitecture, Architecture architecture, IReadOnlyList<GgufEntry> entries)
    {
        _file = file;
        _layers = architecture.Spec.LayerCount;
        _layout = new GgufLayout(ggufArchitecture, architecture);
        _tensors = [.. entries.Select(Place)];
    }

    /// <summary>The number of values of each tensor, in file order.</summary>
    internal IReadOnlyList<long> Counts => [.. _tensors.Select(tensor => tensor.Entry.Count)];

    /// <summary>The values of a tensor in the family's layout; belongs to the caller and to no dispose scope.</summary>
    /// <param name="reader">Reads the file; can seek.</param>
    /// <param name="index">Which of <see cref="Counts"/>.</param>
    /// <exception cref="ModelFileException">One is no number or infinite.</exception>
    internal Tensor Values(GgufReader reader, int index)
    {
        Tensor values = Values(reader, _tensors[index].Entry, _tensors[index].Part);
        try
        {
            FiniteWeights.Require(values, _file, _tensors[index].Entry.Name);
            return values;
        }
        catch
        {
            values.Dispose();
            throw;
        }
    }

    /// <summary>The matrices whose blocks can be multiplied as they are: their names in the family's files, and which of <see cref="Counts"/> each is. Tables of positions are none of them.</summary>
    internal IEnumerable<(string Name, int Index)> Matrices => _tensors.Index()
        .Where(tensor => tensor.Item.Entry is { Type: GgufType.Q8_0 or GgufType.Q4_1, Shape.Length: 2 } && tensor.Item.Part != WeightPart.Positions)
        .Select(tensor => (tensor.Item.Name, tensor.Index));

    /// <summary>One of <see cref="Matrices"/>, outputs first whatever the family's files have; belongs to the caller and to no dispose scope.</summary>
    /// <param name="reader">Reads the file; can seek.</param>
    /// <param name="index">Which.</param>
    internal BlockMatrix Blocks(GgufReader reader, int index)
    {
        var (entry, part, _, _) = _tensors[index];
        return Refusing(entry, () => new BlockMatrix(entry.Type, _layout.Rows(WithFiniteScales(entry, reader.ReadBlocks(entry)), part, toGguf: false).contiguous().MoveToOuterDisposeScope().DetachFromDisposeScope()));
    }

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
        var (part, name) = _layout.InFamily(entry.Name)
            ?? throw new ModelFileException(_file, $"The {_layers} layers of the architecture have no such tensor. What it asks for is not supported: load the model from its directory in Hugging Face's format.", Printable.Name(entry.Name));
        return (entry, part, name, _layout.IsTransposed(part, entry.Shape.Length) ? [entry.Shape[1], entry.Shape[0]] : entry.Shape);
    }

    private Tensor Values(GgufReader reader, GgufEntry entry, WeightPart part) =>
        Refusing(entry, () => _layout.ToFamily(reader.Read(entry), part, entry.Name).contiguous().MoveToOuterDisposeScope().DetachFromDisposeScope());

    /// <summary>Blocks begin with their scales, float16 numbers: those of which every bit of the exponent is set are none.</summary>
    private Tensor WithFiniteScales(GgufEntry entry, Tensor blocks)
    {
        using Tensor each = blocks.view(-1, GgufBlocks.Bytes(entry.Type)), exponent = tensor((byte)0x7C);
        for (int scale = 0; scale < (entry.Type == GgufType.Q4_1 ? 2 : 1); scale++)
        {
            using Tensor high = each.select(1, (2 * scale) + 1).bitwise_and(exponent);
            if (high.eq(exponent).any().item<bool>())
            {
                throw FiniteWeights.Refused(_file, entry.Name);
            }
        }

        return blocks;
    }

    private T Refusing<T>(GgufEntry entry, Func<T> read)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new ModelFileException(_file, $"{e.Message} Convert the model again.", Printable.Name(entry.Name), e);
        }
    }
}
