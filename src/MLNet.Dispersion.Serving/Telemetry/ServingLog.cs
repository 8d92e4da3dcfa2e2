using Microsoft.Extensions.Logging;

namespace MLNet.Dispersion.Serving;

/// <summary>Every line of the log. They stand in one class: of several classes .NET's generator writes the code in an order that changes from build to build, and packages are to be the same bytes.</summary>
internal static partial class ServingLog
{
    [LoggerMessage(1, LogLevel.Warning, "The geometry of served texts drifts: over the last {Texts} sampled texts the mean cosine of the last layer's tokens is {Mean:0.0000}, in the baseline {Baseline:0.0000} (p {P:0.0e0}).")]
    internal static partial void GeometryDrifts(ILogger log, int texts, double mean, double baseline, double p);

    [LoggerMessage(2, LogLevel.Warning, "The baseline's texts gave {Figures} of {Wanted} figures; served texts make up the rest.")]
    internal static partial void BaselineIsShort(ILogger log, int figures, int wanted);

    [LoggerMessage(3, LogLevel.Warning, "The geometry of a served text could not be measured or kept: {Exception}.")]
    internal static partial void GeometryFailed(ILogger log, string exception);

    [LoggerMessage(10, LogLevel.Error, "{Endpoint} failed: {Exception}.")]
    internal static partial void RequestFailed(ILogger log, string endpoint, string exception);
}
