using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>Writes a metric by its machine name.</summary>
internal sealed class MetricConverter : JsonConverter<BenchmarkMetric>
{
    /// <inheritdoc/>
    public override BenchmarkMetric Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return MetricNames.Find(name) ?? throw new JsonException($"'{name}' is no metric; choose one of {MetricNames.List}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, BenchmarkMetric value, JsonSerializerOptions options) => writer.WriteStringValue(value.MachineName());
}
