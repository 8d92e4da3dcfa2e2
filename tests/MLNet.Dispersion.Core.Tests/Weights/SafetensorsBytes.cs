using System.Buffers.Binary;
using System.Text;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Weights;

/// <summary>Makes safetensors files byte by byte, independently of the library's writer, and reads them through the library.</summary>
internal static class SafetensorsBytes
{
    public static byte[] File(string header, params byte[] data) => File(Encoding.UTF8.GetBytes(header), data);

    public static byte[] File(byte[] header, byte[] data)
    {
        var file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }

    /// <summary>Reads every tensor as float32 numbers.</summary>
    public static Dictionary<string, float[]> ReadAll(Stream stream)
    {
        var reader = new SafetensorsReader(stream, "test.safetensors");
        var all = new Dictionary<string, float[]>();
        while (reader.MoveNext() is { } entry)
        {
            using var tensor = reader.Read(ScalarType.Float32);
            all[entry.Name] = tensor.data<float>().ToArray();
        }

        return all;
    }

    public static byte[] Write(IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? floatType = null)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, floatType);
        return stream.ToArray();
    }
}
