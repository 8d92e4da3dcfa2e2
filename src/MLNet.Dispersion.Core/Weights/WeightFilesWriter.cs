using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Writes a checkpoint's weights: one file, or shards with their index.</summary>
internal static class WeightFilesWriter
{
    /// <summary>Writes the weights.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="tensors">Names and weights, in the order in which they fill the shards.</param>
    /// <param name="storedType">Float32, Float16 or BFloat16.</param>
    /// <param name="maxShardBytes">The most bytes of tensors in one file; a larger tensor has a file to itself.</param>
    /// <returns>The files written.</returns>
    internal static IReadOnlyList<string> Write(FileSink sink, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, ScalarType storedType, long maxShardBytes)
    {
        var shards = Divide(tensors, storedType, maxShardBytes);
        if (shards.Count == 1)
        {
            sink.Write(WeightFiles.SingleFile, stream => SafetensorsWriter.Write(stream, tensors, storedType));
            return [WeightFiles.SingleFile];
        }

        var files = new List<string>();
        for (int i = 0; i < shards.Count; i++)
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            sink.Write(file, stream => SafetensorsWriter.Write(stream, shards[i], storedType));
            files.Add(file);
        }

        long total = tensors.Sum(t => Bytes(t.Value, storedType));
        sink.Write(WeightFiles.IndexFile, stream => WriteIndex(stream, shards, files, total));
        return [.. files, WeightFiles.IndexFile];
    }

    private static List<List<KeyValuePair<string, Tensor>>> Divide(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, ScalarType storedType, long maxShardBytes)
    {
        var shards = new List<List<KeyValuePair<string, Tensor>>> { new() };
        long filled = 0;
        foreach (var tensor in tensors)
        {
            long bytes = Bytes(tensor.Value, storedType);
            if (filled + bytes > maxShardBytes && shards[^1].Count > 0)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(tensor);
            filled += bytes;
        }

        return shards;
    }

    private static long Bytes(Tensor tensor, ScalarType storedType) =>
        tensor.numel() * SafetensorsTypes.SizeOf(SafetensorsWriter.StoredType(tensor, storedType));

    private static void WriteIndex(Stream stream, List<List<KeyValuePair<string, Tensor>>> shards, List<string> files, long total)
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteStartObject("metadata");
        writer.WriteNumber("total_size", total);
        writer.WriteEndObject();
        writer.WriteStartObject("weight_map");
        var map = shards.SelectMany((shard, i) => shard.Select(tensor => (tensor.Key, File: files[i])));
        foreach (var (name, file) in map.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            writer.WriteString(name, file);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
