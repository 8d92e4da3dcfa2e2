using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>The real models that reference files name: the one that the library brings, and those at hand.</summary>
internal static class RealModels
{
    /// <summary>Whether a name is that of the library's own model.</summary>
    public static bool IsOwn(string name) => name.Replace("_", string.Empty, StringComparison.Ordinal).Equals("tinyenglish", StringComparison.OrdinalIgnoreCase);

    /// <summary>What tests call the models at hand of one kind, in order.</summary>
    /// <param name="isMeant">Whether a model's folder is.</param>
    public static IEnumerable<string> Keys(Func<string, bool> isMeant) =>
        Directory.EnumerateDirectories(SharedFixtures.Path("models")).Where(isMeant).Select(folder => "models/" + Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    /// <summary>Whether a folder's model is in one GGUF file.</summary>
    public static bool IsFile(string folder) => Directory.EnumerateFiles(folder, "*.gguf").Any();

    /// <summary>The model of the name: the library's own, or the one of the models at hand whose folder's name holds it; skips the calling case where it is absent.</summary>
    public static ModelSource Source(string name)
    {
        if (IsOwn(name))
        {
            return ModelSource.FromDirectory(Path.Combine(Checkout.Folder, "src", "MLNet.Dispersion.TinyEnglish", "checkpoint"));
        }

        string? folder = Directory.EnumerateDirectories(SharedFixtures.Path("models")).FirstOrDefault(path => Path.GetFileName(path).Contains(name, StringComparison.OrdinalIgnoreCase));
        Skip.If(folder is null, $"There is no model {name} below {SharedFixtures.Path("models")}.");
        string? gguf = Directory.EnumerateFiles(folder!, "*.gguf").Order(StringComparer.Ordinal).FirstOrDefault();
        return gguf is null ? ModelSource.FromDirectory(folder!) : ModelSource.FromGguf(gguf);
    }
}
