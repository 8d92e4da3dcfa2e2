using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>Builds a graph node by node. Constants are kept once, whoever asks for them, and get their numbers when the file is written.</summary>
internal sealed class GraphBuilder
{
    private readonly GraphProto _graph;
    private readonly Dictionary<string, StoredTensor> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <param name="name">What to call the graph.</param>
    internal GraphBuilder(string name) => _graph = new GraphProto { Name = name };

    /// <summary>The nodes, inputs and outputs, without constants.</summary>
    internal GraphProto Graph => _graph;

    /// <summary>The constants.</summary>
    internal IReadOnlyCollection<StoredTensor> Stored => _stored.Values;

    /// <summary>Names what the caller of the graph gives.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Of its numbers.</param>
    /// <param name="shape">Numbers for fixed sizes, names for others.</param>
    internal Value Input(string name, DataType type, params object[] shape)
    {
        _graph.Input.Add(Described(name, type, shape));
        return new Value(name);
    }

    /// <summary>Gives a result its name.</summary>
    /// <param name="value">The result.</param>
    /// <param name="name">Its name.</param>
    /// <param name="type">Of its numbers.</param>
    /// <param name="shape">Numbers for fixed sizes, names for others.</param>
    internal void Output(Value value, string name, DataType type, params object[] shape)
    {
        var node = new NodeProto { OpType = "Identity", Name = name };
        node.Input.Add(value.Name);
        node.Output.Add(name);
        _graph.Node.Add(node);
        _graph.Output.Add(Described(name, type, shape));
    }

    /// <summary>Adds a node of one result.</summary>
    /// <param name="operation">Such as <c>MatMul</c>.</param>
    /// <param name="inputs">What goes in.</param>
    /// <param name="attributes">Whole numbers, lists of them, or numbers.</param>
    internal Value Node(string operation, Value[] inputs, params (string Name, object Value)[] attributes) => Nodes(operation, 1, inputs, attributes)[0];

    /// <summary>Adds a node of several results.</summary>
    internal Value[] Nodes(string operation, int outputs, Value[] inputs, params (string Name, object Value)[] attributes)
    {
        string name = NewName(operation);
        var node = new NodeProto { OpType = operation, Name = name };
        node.Input.AddRange(inputs.Select(input => input.Name));
        Value[] results = [.. Enumerable.Range(0, outputs).Select(i => new Value(i == 0 ? $"{name}.out" : string.Create(CultureInfo.InvariantCulture, $"{name}.out{i}")))];
        node.Output.AddRange(results.Select(result => result.Name));
        node.Attribute.AddRange(attributes.Select(Attribute));
        _graph.Node.Add(node);
        return results;
    }

    /// <summary>A constant under a name; the one that is there already where the name is known.</summary>
    internal Value Store(StoredTensor tensor)
    {
        _stored.TryAdd(tensor.Name, tensor);
        return new Value(tensor.Name);
    }

    /// <summary>Whole numbers, int64; of no dimension where <paramref name="isScalar"/>.</summary>
    internal Value Whole(long[] numbers, bool isScalar = false) => Store(new StoredTensor(
        string.Create(CultureInfo.InvariantCulture, $"{(isScalar ? "whole" : "wholes")}_{string.Join('_', numbers)}"), DataType.Int64, isScalar ? [] : [numbers.Length], stream => stream.Write(Bytes<long>(numbers))));

    /// <summary>A number, float32, of no dimension.</summary>
    internal Value Number(double number) => Store(new StoredTensor(string.Create(CultureInfo.InvariantCulture, $"number_{number:R}"), DataType.Float, [], stream => stream.Write(Bytes<float>([(float)number]))));

    /// <summary>Numbers, float32.</summary>
    internal Value Numbers(string name, float[] numbers, params long[] shape) => Store(new StoredTensor(name, DataType.Float, shape, stream => stream.Write(Bytes<float>(numbers))));

    /// <summary>A name that no node and no constant has.</summary>
    internal string NewName(string stem)
    {
        int count = _counts.GetValueOrDefault(stem);
        _counts[stem] = count + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{stem}_{count}");
    }

    /// <summary>Numbers as files hold them.</summary>
    private static ReadOnlySpan<byte> Bytes<T>(ReadOnlySpan<T> numbers)
        where T : struct => MemoryMarshal.AsBytes(numbers);

    private static AttributeProto Attribute((string Name, object Value) attribute)
    {
        var proto = new AttributeProto { Name = attribute.Name };
        switch (attribute.Value)
        {
            case int whole:
                (proto.Type, proto.I) = (AttributeProto.Types.AttributeType.Int, whole);
                break;
            case double number:
                (proto.Type, proto.F) = (AttributeProto.Types.AttributeType.Float, (float)number);
                break;
            case long[] list:
                proto.Type = AttributeProto.Types.AttributeType.Ints;
                proto.Ints.AddRange(list);
                break;
            case string text:
                (proto.Type, proto.S) = (AttributeProto.Types.AttributeType.String, ByteString.CopyFromUtf8(text));
                break;
            default:
                throw new NotSupportedException($"No attribute of a node is a {attribute.Value.GetType().Name}.");
        }

        return proto;
    }

    private static ValueInfoProto Described(string name, DataType type, object[] shape)
    {
        var dimensions = new TensorShapeProto();
        dimensions.Dim.AddRange(shape.Select(size => size is string named
            ? new TensorShapeProto.Types.Dimension { DimParam = named }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(size, CultureInfo.InvariantCulture) }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions } } };
    }
}
