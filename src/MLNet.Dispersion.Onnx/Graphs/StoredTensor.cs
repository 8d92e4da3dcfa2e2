using Onnx;

namespace MLNet.Dispersion.Onnx;

/// <summary>A constant of a graph, whose bytes are made when it is written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Of its numbers.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Write">Writes its numbers, little-endian, the last dimension running fastest.</param>
internal sealed record StoredTensor(string Name, TensorProto.Types.DataType Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>Its size.</summary>
    internal long ByteCount => Shape.Aggregate(1L, (product, size) => product * size) * SizeOf(Type);

    private static int SizeOf(TensorProto.Types.DataType type) => type switch
    {
        TensorProto.Types.DataType.Uint8 => 1,
        TensorProto.Types.DataType.Float16 => 2,
        TensorProto.Types.DataType.Float => 4,
        TensorProto.Types.DataType.Int64 or TensorProto.Types.DataType.Double => 8,
        _ => throw new NotSupportedException($"No constant of the type {type} is written."),
    };
}
