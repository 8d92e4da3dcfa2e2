using System.Globalization;
using System.Net;

namespace MLNet.Dispersion.Hub;

/// <summary>Says in plain words why the hub said no.</summary>
internal static class HubRefusals
{
    internal static HubException Of(HttpResponseMessage response, string place, HubSettings settings)
    {
        HttpStatusCode status = response.StatusCode;
        string code = Header(response, "X-Error-Code") ?? "";
        string said = Header(response, "X-Error-Message") is { } message ? $" The hub says: {Printable.Name(message)}." : "";
        string reason = status switch
        {
            HttpStatusCode.TooManyRequests => TooMany(response, settings),
            _ when code == "GatedRepo" || status == HttpStatusCode.Forbidden => "The repository is gated or closed to you. Accept its terms on its page, and use a token with the right to read it (HF_TOKEN, or 'hf auth login').",
            HttpStatusCode.NotFound when code == "RevisionNotFound" => "There is no such revision. Name a branch, a tag or a commit that the repository's page lists.",
            HttpStatusCode.NotFound when code == "EntryNotFound" => "There is no such file in the repository.",
            HttpStatusCode.NotFound or HttpStatusCode.Unauthorized when settings.Token is null => "There is no such repository, or it is private. Check its name; for a private one set HF_TOKEN, or 'hf auth login'.",
            HttpStatusCode.Unauthorized => "The token is not accepted, or there is no such repository. Make a new token on the hub's page of settings, and check the name.",
            HttpStatusCode.NotFound => "There is no such repository, or the token has no right to read it. Check its name and the token's rights.",
            >= HttpStatusCode.InternalServerError => $"The hub has a failure of its own, {settings.Options.Attempts} times. Try later; set HF_HUB_OFFLINE=1 to use the cache alone.",
            _ => "The hub refuses the request. Check HF_ENDPOINT.",
        };
        return new HubException(place, string.Create(CultureInfo.InvariantCulture, $"{reason}{said} (HTTP {(int)status})"), status)
        {
            IsUnreachable = status >= HttpStatusCode.InternalServerError || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout,
        };
    }

    private static string TooMany(HttpResponseMessage response, HubSettings settings)
    {
        TimeSpan asked = HubHttp.AskedWait(response);
        return asked > settings.Options.LongestWait
            ? string.Create(CultureInfo.InvariantCulture, $"Too many requests: the hub asks for a wait of {asked.TotalSeconds:0} s, longer than HubOptions.LongestWait ({settings.Options.LongestWait.TotalSeconds:0} s). Try later, or with a token.")
            : $"Too many requests, {settings.Options.Attempts} times. Try later, or with a token.";
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
