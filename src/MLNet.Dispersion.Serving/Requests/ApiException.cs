namespace MLNet.Dispersion.Serving;

/// <summary>A request that is answered with an error.</summary>
/// <param name="status">The status of HTTP.</param>
/// <param name="message">What is wrong and what would cure it; nothing of a text.</param>
/// <param name="parameter">The field concerned, or null.</param>
/// <param name="code">A word for programs, or null.</param>
internal sealed class ApiException(int status, string message, string? parameter = null, string? code = null) : Exception(message)
{
    internal int Status => status;

    internal string? Parameter => parameter;

    internal string? Code => code;

    /// <summary>When to come again, in seconds; null where that helps nothing.</summary>
    internal int? RetryAfter { get; init; }

    /// <summary>What OpenAI's interface calls such errors.</summary>
    internal string Kind => status switch
    {
        401 or 403 => "authentication_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    internal static ApiException Bad(string message, string? parameter = null, string? code = null) => new(400, message, parameter, code);

    internal static ApiException TooLarge(string message, string? parameter = null) => new(413, message, parameter, "too_large");

    internal static ApiException Full(int retryAfter) => new(429, $"The server has as many requests as it takes. Come again in {retryAfter} s.", code: "queue_full") { RetryAfter = retryAfter };

    internal static ApiException Stopping() => new(503, "The server is being stopped.", code: "stopping") { RetryAfter = 1 };
}
