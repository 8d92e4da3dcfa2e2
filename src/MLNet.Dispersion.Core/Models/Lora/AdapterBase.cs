namespace MLNet.Dispersion.Models;

/// <summary>What adapter_base.json says, which lies beside PEFT's files: the base that the adapter was trained on.</summary>
/// <param name="Name">The base's name.</param>
/// <param name="Directory">The directory that it came from, or null. Files of earlier releases name it; it is not written, because it says how the machine is laid out that trained the adapter.</param>
/// <param name="Sha256">The hash of its weights, see <see cref="WeightHash"/>; null where it is not known.</param>
/// <param name="Merged">Whether the adapter was merged when the model was saved.</param>
internal sealed record AdapterBase(string Name, string? Directory, string? Sha256 = null, bool Merged = false)
{
    internal const string FileName = "adapter_base.json";
    private static readonly VersionedJson<AdapterBase> Format = new("file that names an adapter's base", "mlnet-dispersion/adapter-base", 1, "Save the adapter again.") { UnmarkedVersionField = "" };

    /// <summary>A base's name without the place where it lies here, which means nothing elsewhere, and is nobody's business there.</summary>
    internal static string Portable(string name) =>
        Path.IsPathRooted(name) || name.Contains(":\\", StringComparison.Ordinal) ? name.TrimEnd('/', '\\').Split('/', '\\')[^1] : name;

    internal static bool IsIn(FileSource source) => source.Contains(FileName);

    internal static string Describe(FileSource source) => source.Describe(FileName);

    internal void Write(FileSink sink) => Format.Write(this with { Name = Portable(Name), Directory = null }, sink, FileName);

    /// <exception cref="ModelFileException">The file is missing or damaged.</exception>
    internal static AdapterBase Read(FileSource source) => Format.Read(source, FileName, identity =>
    {
        Format.Require(identity.Name.Length > 0, "name", "empty", "be the base's name");
        return identity;
    });
}
