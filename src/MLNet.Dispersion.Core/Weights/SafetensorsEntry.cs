using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>One tensor of a safetensors file, as its header describes it. Immutable.</summary>
public sealed class SafetensorsEntry
{
    internal SafetensorsEntry(string name, ScalarType dataType, long[] shape, long offset, long byteLength)
    {
        Name = name;
        DataType = dataType;
        Shape = shape;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The number type in which it is stored.</summary>
    public ScalarType DataType { get; }

    /// <summary>Its sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Bytes that its values take in the file.</summary>
    public long ByteLength { get; }

    /// <summary>Where its values begin, counted in bytes from the end of the header.</summary>
    internal long Offset { get; }
}
