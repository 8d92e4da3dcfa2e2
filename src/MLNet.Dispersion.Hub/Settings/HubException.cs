using System.Net;

namespace MLNet.Dispersion;

/// <summary>A model that could not be had from the hub or its cache: the message names the repository, the file where there is one, the reason and the cure.</summary>
/// <remarks>Nothing half-loaded is left behind: files in the cache are whole and verified, and what was downloaded of a file that broke off is taken up by the next call.</remarks>
public sealed class HubException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="place">The repository, with its revision and file where these are known: <c>owner/name@main/config.json</c>.</param>
    /// <param name="problem">What is wrong and what would cure it: whole sentences.</param>
    /// <param name="statusCode">The hub's answer, where it was one that says no; else null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public HubException(string place, string problem, HttpStatusCode? statusCode = null, Exception? innerException = null)
        : base($"{place}: {problem}", innerException)
    {
        Place = place;
        StatusCode = statusCode;
    }

    /// <summary>Gets the repository, with its revision and file where these are known.</summary>
    public string Place { get; }

    /// <summary>Gets the status of the hub's answer where that was the reason: 401, 403, 404, 429 and the like; null where it was not.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>Whether the hub could not be reached at all, or has a failure of its own: what is in the cache may do.</summary>
    internal bool IsUnreachable { get; init; }
}
