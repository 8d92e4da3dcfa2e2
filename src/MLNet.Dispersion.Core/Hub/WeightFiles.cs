using System.Text.Json;

namespace MLNet.Dispersion.Hub;

/// <summary>Finds the safetensors files of a checkpoint: one, or the shards that an index lists.</summary>
internal static class WeightFiles
{
    internal const string SingleFile = "model.safetensors";
    internal const string IndexFile = "model.safetensors.index.json";

    /// <summary>File names, in a fixed order.</summary>
    internal static IReadOnlyList<string> Of(CheckpointSource source)
    {
        if (source.Contains(SingleFile))
        {
            return [SingleFile];
        }

        if (source.Contains(IndexFile))
        {
            return Shards(source);
        }

        throw new CheckpointException(
            source.Describe(SingleFile),
            $"There is neither this file nor {IndexFile}. Weights in other formats (pytorch_model.bin) are not read: save the model as safetensors.");
    }

    private static string[] Shards(CheckpointSource source)
    {
        string index = source.Describe(IndexFile);
        string[] files;
        try
        {
            using var json = JsonDocument.Parse(source.ReadAllBytes(IndexFile));
            files = [.. json.RootElement.GetProperty("weight_map").EnumerateObject().Select(pair => pair.Value.GetString() ?? "").Distinct().Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CheckpointException(index, "It must hold an object weight_map of tensor names and file names. Fetch the checkpoint again.", innerException: e);
        }

        string? absent = files.FirstOrDefault(file => file != Path.GetFileName(file) || !source.Contains(file));
        return files.Length > 0 && absent is null
            ? files
            : throw new CheckpointException(index, files.Length == 0 ? "Its weight_map is empty." : $"It names the shard '{absent}', which is not beside it. Fetch the missing shard.");
    }
}
