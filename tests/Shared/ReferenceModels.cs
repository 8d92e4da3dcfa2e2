using System.Text.Json;

namespace MLNet.Dispersion.Tests;

/// <summary>The reference's model folders, known by their format: they lie directly below fixtures and hold config.json and model.safetensors, with the answers in expected.json and expected.safetensors.</summary>
internal static class ReferenceModels
{
    private static readonly string[] Marks = ["config.json", "model.safetensors", "expected.json"];

    /// <summary>Their names. A folder that required.json names and that is empty may have been one, and is given too: it yields no case.</summary>
    public static IReadOnlyList<string> Keys
    {
        get
        {
            string[] names = [.. Directory.EnumerateDirectories(SharedFixtures.Path("fixtures")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
            return [.. names.Where(name => Marks.Any(mark => Exists(name, mark)) || IsEmptyAndRequired(name))];
        }
    }

    /// <summary>Those that have a file, or a folder, of that name.</summary>
    public static IEnumerable<string> KeysWith(params string[] parts) => Keys.Where(key => Exists([key, .. parts]));

    /// <summary>Those whose expected.json has that member.</summary>
    public static IEnumerable<string> KeysWithFigure(string name) => KeysWith("expected.json").Where(key => Read(key, "expected.json").TryGetProperty(name, out _));

    /// <summary>Those of language models that predict next tokens.</summary>
    public static IEnumerable<string> CausalKeys => KeysWith("model.safetensors").Except(KeysWithFigure("objective_value"));

    /// <summary>Reads a JSON file below fixtures.</summary>
    public static JsonElement Read(params string[] parts) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(SharedFixtures.Path(["fixtures", .. parts])));

    private static bool Exists(params string[] parts) => Path.Exists(Path.Combine([SharedFixtures.Root, "fixtures", .. parts]));

    private static bool IsEmptyAndRequired(string name) =>
        !Directory.EnumerateFiles(SharedFixtures.Path("fixtures", name), "*", SearchOption.AllDirectories).Any() && Exists("required.json") && Read("required.json").TryGetProperty(name, out _);
}
