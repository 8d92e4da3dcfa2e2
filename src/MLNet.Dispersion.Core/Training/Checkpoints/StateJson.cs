using System.Text.Json;
using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion.Training.Checkpoints;

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
    /// <exception cref="CheckpointException">The file is missing or no such document.</exception>
    internal static T Read<T>(CheckpointSource source, string fileName)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(source.ReadAllBytes(fileName), Options)
                ?? throw new CheckpointException(source.Describe(fileName), "It is damaged: it is empty.");
        }
        catch (JsonException e)
        {
            throw new CheckpointException(source.Describe(fileName), $"It is damaged, or of another build: {e.Message}", innerException: e);
        }
    }
}
