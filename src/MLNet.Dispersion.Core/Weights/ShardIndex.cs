using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>The index of a sharded checkpoint: which tensor lies in which file.</summary>
internal sealed class ShardIndex
{
    private const string Cure = "Fetch or write the checkpoint again.";
    private readonly string _file;
    private readonly Dictionary<string, string> _shardOf = new(StringComparer.Ordinal);

    private ShardIndex(string file) => _file = file;

    /// <summary>The shards, sorted.</summary>
    internal IReadOnlyList<string> Files => [.. _shardOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal static ShardIndex Read(FileSource source)
    {
        var index = new ShardIndex(source.Describe(WeightFiles.IndexFile));
        try
        {
            using var document = JsonDocument.Parse(source.ReadAllBytes(WeightFiles.IndexFile), new JsonDocumentOptions { AllowDuplicateProperties = false });
            index.ReadMap(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException(index._file, $"It is no valid JSON. {Cure}", innerException: e);
        }

        foreach (string shard in index.Files.Where(shard => !source.Contains(shard)))
        {
            throw new ModelFileException(source.Describe(Printable.Name(shard)), $"The index names this shard, but there is no such file. {Cure}");
        }

        return index;
    }

    /// <summary>Holds the index against what the shards really hold.</summary>
    internal void Check(IEnumerable<(string Shard, string Tensor)> found)
    {
        var missing = new Dictionary<string, string>(_shardOf, StringComparer.Ordinal);
        foreach (var (shard, tensor) in found)
        {
            if (!missing.Remove(tensor, out string? expected) || expected != shard)
            {
                throw new ModelFileException(_file, $"It lies in {shard}, where the index does not expect it. {Cure}", Printable.Name(tensor));
            }
        }

        if (missing.Count > 0)
        {
            throw new ModelFileException(_file, $"{missing.Count} of its tensors are not in the shards it names: {Printable.FirstTen(missing.Keys)}. {Cure}");
        }
    }

    private void ReadMap(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFileException(_file, $"It has no object 'weight_map'. {Cure}");
        }

        foreach (var property in map.EnumerateObject())
        {
            string? shard = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null;
            if (!IsPlainFileName(shard) || !_shardOf.TryAdd(property.Name, shard!))
            {
                throw new ModelFileException(_file, $"The index must name one file without a folder for it. {Cure}", Printable.Name(property.Name));
            }
        }

        if (_shardOf.Count == 0)
        {
            throw new ModelFileException(_file, $"It names no tensors. {Cure}");
        }
    }

    private static bool IsPlainFileName(string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.IndexOfAny(['/', '\\', ':', '\0']) < 0 && name is not ("." or "..");
}
