using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>How a checkpoint's JSON is written and read: numbers exactly, NaN and infinity by name.</summary>
internal static class StateJson
{
    internal static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a document.</summary>
    /// <exception cref="ModelFileException">The file is missing or no such document.</exception>
    internal static T Read<T>(FileSource source, string fileName)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(source.ReadAllBytes(fileName), Options)
                ?? throw new ModelFileException(source.Describe(fileName), "It is damaged: it is empty.");
        }
        catch (JsonException e)
        {
            throw new ModelFileException(source.Describe(fileName), $"It is damaged, or of another build: {e.Message}", innerException: e);
        }
    }
}
