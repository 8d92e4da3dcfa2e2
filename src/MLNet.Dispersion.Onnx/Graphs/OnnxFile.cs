using System.Globalization;
using Google.Protobuf;
using Onnx;

namespace MLNet.Dispersion.Onnx;

/// <summary>Writes a graph as an ONNX file, its constants within it or, where they are too many for one file, in a second one beside it.</summary>
internal static class OnnxFile
{
    /// <summary>What stands behind the name of the second file.</summary>
    internal const string DataEnding = "_data";

    private const int OperatorSet = 18;

    // The first version of the format that has this set of operators.
    private const int FormatVersion = 8;

    // Shapes and axes stay where readers need them.
    private const long LeastApart = 1024;

    // Pages of memory, as which readers map the file.
    private const int Alignment = 4096;

    /// <summary>Writes the files: data first.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="facts">What else the file says of the model.</param>
    /// <param name="mostBytes">The most bytes of constants within the file.</param>
    /// <returns>Whether there is a second file.</returns>
    internal static bool Write(FileSink sink, string name, GraphBuilder graph, IEnumerable<(string Key, string Value)> facts, long mostBytes)
    {
        var model = new ModelProto { IrVersion = FormatVersion, ProducerName = "MLNet.Dispersion", ProducerVersion = typeof(OnnxFile).Assembly.GetName().Version!.ToString(3), Graph = graph.Graph.Clone() };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = OperatorSet });
        model.MetadataProps.AddRange(facts.Select(fact => new StringStringEntryProto { Key = fact.Key, Value = fact.Value }));
        bool isApart = graph.Stored.Sum(tensor => tensor.ByteCount) > mostBytes;
        if (!isApart)
        {
            model.Graph.Initializer.AddRange(graph.Stored.Select(Within));
        }
        else
        {
            string data = name + DataEnding;
            sink.Write(data, stream => model.Graph.Initializer.AddRange(graph.Stored.Select(tensor => tensor.ByteCount < LeastApart ? Within(tensor) : Apart(tensor, data, stream))));
        }

        sink.Write(name, model.WriteTo);
        return isApart;
    }

    private static TensorProto Within(StoredTensor tensor)
    {
        TensorProto proto = Described(tensor);
        using var stream = new MemoryStream((int)tensor.ByteCount);
        tensor.Write(stream);
        RequireSize(tensor, stream.Length);
        proto.RawData = UnsafeByteOperations.UnsafeWrap(stream.GetBuffer().AsMemory(0, (int)stream.Length));
        return proto;
    }

    private static TensorProto Apart(StoredTensor tensor, string file, Stream stream)
    {
        long offset = (stream.Position + Alignment - 1) / Alignment * Alignment;
        stream.Write(new byte[offset - stream.Position]);
        tensor.Write(stream);
        RequireSize(tensor, stream.Position - offset);
        TensorProto proto = Described(tensor);
        proto.DataLocation = TensorProto.Types.DataLocation.External;
        (string Key, string Value)[] place = [("location", file), ("offset", Text(offset)), ("length", Text(tensor.ByteCount))];
        proto.ExternalData.AddRange(place.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return proto;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static TensorProto Described(StoredTensor tensor)
    {
        var proto = new TensorProto { Name = tensor.Name, DataType = (int)tensor.Type };
        proto.Dims.AddRange(tensor.Shape);
        return proto;
    }

    private static void RequireSize(StoredTensor tensor, long written)
    {
        if (written != tensor.ByteCount)
        {
            throw new InvalidOperationException($"The constant {tensor.Name} has {written} bytes; its shape {Printable.Shape(tensor.Shape)} asks for {tensor.ByteCount}.");
        }
    }
}
