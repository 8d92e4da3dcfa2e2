using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Models;

/// <summary>What adapter_base.json says, which lies beside PEFT's files: the base that the adapter was trained on.</summary>
/// <param name="Name">The base's name.</param>
/// <param name="Directory">The directory that it came from, or null.</param>
/// <param name="Sha256">The hash of its weights, see <see cref="WeightHash"/>; null where it is not known.</param>
/// <param name="Merged">Whether the adapter was merged when the model was saved.</param>
internal sealed record AdapterBase(string Name, string? Directory, string? Sha256 = null, bool Merged = false)
{
    private const string FileName = "adapter_base.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static bool IsIn(FileSource source) => source.Contains(FileName);

    internal static string Describe(FileSource source) => source.Describe(FileName);

    internal void Write(FileSink sink) => sink.Write(FileName, stream => JsonSerializer.Serialize(stream, this, Json));

    /// <exception cref="ModelFileException">The file is missing or damaged.</exception>
    internal static AdapterBase Read(FileSource source)
    {
        try
        {
            // The decoder is strict about what is no UTF-8.
            string json = new UTF8Encoding(false, true).GetString(source.ReadAllBytes(FileName));
            return JsonSerializer.Deserialize<AdapterBase>(json, Json) is { Name.Length: > 0 } identity ? identity : throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new ModelFileException(source.Describe(FileName), "It is not the JSON that names an adapter's base. Save the adapter again.", innerException: e);
        }
    }
}
