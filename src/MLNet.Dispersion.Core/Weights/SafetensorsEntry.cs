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

    /// <summary>Gets the tensor's name.</summary>
    public string Name { get; }

    /// <summary>Gets the number type in which it is stored.</summary>
    public ScalarType DataType { get; }

    /// <summary>Gets its sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Gets the bytes that its values take in the file.</summary>
    public long ByteLength { get; }

    /// <summary>Where its values begin, counted in bytes from the end of the header.</summary>
    internal long Offset { get; }
}
