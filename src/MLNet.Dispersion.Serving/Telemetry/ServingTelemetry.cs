namespace MLNet.Dispersion;

/// <summary>The names under which a server tells of itself, for OpenTelemetry's <c>AddMeter</c> and <c>AddSource</c>.</summary>
/// <remarks>Neither metrics nor traces hold anything of a request's text. docs/how-to/serve.md lists the instruments.</remarks>
public static class ServingTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "MLNet.Dispersion.Serving";

    /// <summary>The name of the source of activities.</summary>
    public const string ActivitySourceName = "MLNet.Dispersion.Serving";
}
