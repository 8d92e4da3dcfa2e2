using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests;

/// <summary>Reads whole safetensors files.</summary>
internal static class SafetensorsFile
{
    /// <summary>All tensors by name, in the caller's dispose scope.</summary>
    public static Dictionary<string, Tensor> ReadAll(params string[] parts)
    {
        string path = SharedFixtures.Fixture(parts);
        using var stream = File.OpenRead(path);
        var reader = new SafetensorsReader(stream, path);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        while (reader.MoveNext() is { } entry)
        {
            tensors[entry.Name] = reader.Read();
        }

        return tensors;
    }
}
