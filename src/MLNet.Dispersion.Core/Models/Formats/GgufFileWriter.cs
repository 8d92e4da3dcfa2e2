using System.Text;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A tensor of a GGUF file that is to be written.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Type">How its values are stored.</param>
/// <param name="Values">Gives them when they are written, in the order of the file; called in a dispose scope.</param>
internal sealed record GgufTensor(string Name, long[] Shape, GgufType Type, Func<Tensor> Values)
{
    /// <summary>Its bytes in the file.</summary>
    internal long ByteLength => Shape.Aggregate(1L, (count, size) => count * size) / GgufBlocks.Size(Type) * GgufBlocks.Bytes(Type);
}

/// <summary>Writes a GGUF file, forwards only, one tensor in memory at a time.</summary>
internal static class GgufFileWriter
{
    private const uint Version = 3;
    private const int Alignment = GgufHeader.UsualAlignment;
    private const int MaxNameBytes = 63;

    /// <exception cref="ArgumentException">A value is beyond the range of the type in which it is to be stored, or a name too long.</exception>
    internal static void Write(Stream stream, GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        using var head = new MemoryStream();
        using (var writer = new BinaryWriter(head, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(GgufHeader.Magic);
            writer.Write(Version);
            writer.Write((ulong)tensors.Count);
            writer.Write((ulong)metadata.Count);
            metadata.Write(writer);
            Describe(writer, tensors);
        }

        head.Write(new byte[Padding(head.Length)]);
        head.Position = 0;
        head.CopyTo(stream);
        foreach (GgufTensor tensor in tensors)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            Tensor values = tensor.Values().to(ScalarType.Float32).cpu().contiguous();
            GgufEncoder.Write(stream, values, tensor.Type, tensor.Name);
            stream.Write(new byte[Padding(tensor.ByteLength)]);
        }
    }

    private static void Describe(BinaryWriter writer, IReadOnlyList<GgufTensor> tensors)
    {
        long offset = 0;
        foreach (GgufTensor tensor in tensors)
        {
            if (Encoding.UTF8.GetByteCount(tensor.Name) > MaxNameBytes)
            {
                throw new ArgumentException($"The tensor's name '{tensor.Name}' is longer than the {MaxNameBytes} bytes that GGUF allows.");
            }

            GgufMetadata.Text(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            foreach (long size in tensor.Shape.Reverse())
            {
                writer.Write((ulong)size);
            }

            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset += tensor.ByteLength + Padding(tensor.ByteLength);
        }
    }

    private static int Padding(long length) => (int)((Alignment - (length % Alignment)) % Alignment);
}
