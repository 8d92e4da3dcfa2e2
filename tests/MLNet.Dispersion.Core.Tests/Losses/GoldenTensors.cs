using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Losses;

/// <summary>Reads the float32 and int64 tensors of a reference safetensors file, independently of the library's own reader.</summary>
internal sealed class GoldenTensors
{
    private readonly byte[] _bytes;
    private readonly JsonElement _header;
    private readonly int _dataStart;

    public GoldenTensors(string path)
    {
        _bytes = File.ReadAllBytes(path);
        int headerLength = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes));
        _dataStart = 8 + headerLength;
        _header = JsonDocument.Parse(_bytes.AsMemory(8, headerLength)).RootElement;
    }

    public bool Contains(string name) => _header.TryGetProperty(name, out _);

    /// <summary>The tensors' names in the order of the file's header.</summary>
    public IEnumerable<string> Names(string prefix = "") =>
        _header.EnumerateObject().Select(entry => entry.Name).Where(name => name != "__metadata__" && name.StartsWith(prefix, StringComparison.Ordinal));

    public long[] Shape(string name) => [.. _header.GetProperty(name).GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];

    public float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Slice(name, "F32")).ToArray();

    public long[] Longs(string name) => MemoryMarshal.Cast<byte, long>(Slice(name, "I64")).ToArray();

    public torch.Tensor Tensor(string name) => torch.tensor(Floats(name), Shape(name));

    private ReadOnlySpan<byte> Slice(string name, string type)
    {
        JsonElement entry = _header.GetProperty(name);
        Assert.Equal(type, entry.GetProperty("dtype").GetString());
        int[] range = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(d => d.GetInt32())];
        return _bytes.AsSpan(_dataStart + range[0], range[1] - range[0]);
    }
}
