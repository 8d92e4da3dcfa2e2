using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion;

/// <summary>Writes and reads a <see cref="CondensationReport"/> as JSON.</summary>
internal static class ReportJson
{
    /// <summary>The kind of the document.</summary>
    public const string Schema = "mlnet-dispersion/condensation-report";

    /// <summary>The version written; raised when a reader of the former one would go wrong.</summary>
    public const int Version = 1;

    /// <summary>How documents of this room are written: camel case, NaN and infinity by name.</summary>
    internal static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
    };

    /// <summary>The document.</summary>
    public static string Write(CondensationReport report) => JsonSerializer.Serialize(ToDocument(report), Options);

    /// <summary>The document, in UTF-8.</summary>
    public static void Write(CondensationReport report, Stream stream) => JsonSerializer.Serialize(stream, ToDocument(report), Options);

    /// <summary>The report of a document.</summary>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version.</exception>
    public static CondensationReport Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            CheckKind(document.RootElement);
            return ReportJsonReader.ToReport(document.RootElement.Deserialize<ReportDocument>(Options)!);
        }
        catch (JsonException e)
        {
            throw new FormatException($"This is no whole condensation report: {e.Message} Write it again with CondensationReport.ToJson or Save.", e);
        }
    }

    private static void CheckKind(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("schema", out JsonElement schema) || schema.ValueKind != JsonValueKind.String || schema.GetString() != Schema)
        {
            throw new FormatException($"This JSON is no condensation report: its field 'schema' must be \"{Schema}\". Pass what CondensationReport.ToJson or Save wrote.");
        }

        if (!root.TryGetProperty("version", out JsonElement number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out int version) || version < 1)
        {
            throw new FormatException("The condensation report's field 'version' must be a whole number from 1: the document is damaged. Write it again with CondensationReport.ToJson or Save.");
        }

        if (version > Version)
        {
            throw new FormatException($"The condensation report has version {version}; this library reads up to version {Version}. Update MLNet.Dispersion.");
        }
    }

    private static ReportDocument ToDocument(CondensationReport report)
    {
        CondensationProfile profile = report.Profile;
        return new ReportDocument(
            Schema, Version, report.Model, report.Measured, report.MaxTokens, report.MinTokens, report.SampleSeed, report.TruncatedTexts, report.SpectrumTexts,
            profile.Texts, profile.ShortTexts, profile.Tokens, profile.TokensPerText, [.. report.Layers.Select(ToDocument)])
        {
            Averaging = ReportCsv.Name(profile.Averaging),
            Trend = ToDocument(profile.Trend),
            OffDiagonalTrend = ToDocument(profile.OffDiagonalTrend),
            LastLayersMeans = profile.LastLayersMeans,
        };
    }

    private static TrendDocument ToDocument(CondensationTrend trend) => new(trend.Spearman, trend.KendallTauB);

    private static LayerDocument ToDocument(LayerReport layer) => new(
        layer.HiddenState,
        layer.Name,
        layer.Fraction,
        layer.Measures.ToDictionary(pair => pair.Key.MachineName(), pair => pair.Value),
        ToDocument(layer.Cosine.Pooled),
        layer.Cosine.Elementwise is { } elementwise ? ToDocument(elementwise) : null,
        layer.Spectrum);

    /// <summary>Means and counts as they are written.</summary>
    internal static CosineDocument ToDocument(CosineSummary summary) => new(summary.Means.Full, summary.Means.OffDiagonal, summary.Histogram?.Counts);
}
