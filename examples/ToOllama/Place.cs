namespace MLNet.Dispersion.Examples.ToOllama;

/// <summary>Finds the model that the user means.</summary>
internal static class Place
{
    /// <summary>A directory, a GGUF file, a name on the hub, or TinyEnglish.</summary>
    /// <param name="model">As the user wrote it; null for TinyEnglish.</param>
    public static ModelSource Open(string? model) => model switch
    {
        null => ModelSource.TinyEnglish,
        _ when Directory.Exists(model) => ModelSource.FromDirectory(model),
        _ when File.Exists(model) => ModelSource.FromGguf(model),
        _ when model.Split('/') is [{ Length: > 0 }, { Length: > 0 }] && !model.StartsWith('.') => ModelSource.FromHub(model),
        _ => throw new UserException($"There is no '{model}' here, and on the hub a name has two parts, such as Qwen/Qwen3-0.6B. Name a directory, a GGUF file or such a name."),
    };
}
