using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Writes safetensors files to a stream, forwards only, as PyTorch's own writer lays them out.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes tensors, sorted by name; the header is padded to a multiple of 8 bytes and says <c>{"format": "pt"}</c>.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <param name="tensors">Names and tensors, on any device; they are not changed.</param>
    /// <param name="floatType">The type in which floating-point tensors are stored (Float32, Float16, BFloat16 or Float64); null for each one's own.</param>
    /// <exception cref="ArgumentException">A number type that the format lacks, a name twice, or a value beyond the range of <paramref name="floatType"/>.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? floatType = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        if (floatType is { } type && !SafetensorsTypes.IsFloatingPoint(type))
        {
            throw new ArgumentException($"{type} is no floating-point type: choose Float32, Float16, BFloat16 or Float64.", nameof(floatType));
        }

        var plan = Plan(tensors, floatType);
        WriteHeader(stream, plan);
        foreach (var (name, tensor, stored) in plan)
        {
            TensorBytes.Drain(tensor, stored, name, bytes => stream.Write(bytes));
        }
    }

    /// <summary>The type in which a tensor is stored.</summary>
    internal static ScalarType StoredType(Tensor tensor, ScalarType? floatType) =>
        floatType is { } type && SafetensorsTypes.IsFloatingPoint(tensor.dtype) ? type : tensor.dtype;

    private static List<(string Name, Tensor Tensor, ScalarType Stored)> Plan(IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? floatType)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        var plan = new List<(string Name, Tensor Tensor, ScalarType Stored)>();
        foreach (var (name, tensor) in tensors)
        {
            if (!names.Add(name))
            {
                throw new ArgumentException($"The name '{name}' is taken: every tensor needs its own.", nameof(tensors));
            }

            plan.Add((name, tensor, StoredType(tensor, floatType)));
        }

        plan.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return plan;
    }

    private static void WriteHeader(Stream stream, List<(string Name, Tensor Tensor, ScalarType Stored)> plan)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            WriteEntries(writer, plan);
        }

        while (json.Length % 8 != 0)
        {
            json.WriteByte((byte)' ');
        }

        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        stream.Write(prefix);
        stream.Write(json.GetBuffer().AsSpan(0, (int)json.Length));
    }

    private static void WriteEntries(Utf8JsonWriter writer, List<(string Name, Tensor Tensor, ScalarType Stored)> plan)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("__metadata__");
        writer.WriteString("format", "pt");
        writer.WriteEndObject();
        long offset = 0;
        foreach (var (name, tensor, stored) in plan)
        {
            writer.WriteStartObject(name);
            writer.WriteString("dtype", SafetensorsTypes.CodeOf(stored));
            writer.WriteStartArray("shape");
            foreach (long size in tensor.shape)
            {
                writer.WriteNumberValue(size);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("data_offsets");
            writer.WriteNumberValue(offset);
            offset += tensor.numel() * SafetensorsTypes.SizeOf(stored);
            writer.WriteNumberValue(offset);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
