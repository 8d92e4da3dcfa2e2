using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Hub;

/// <summary>What the options and the environment variables of the hub's clients come to. Immutable.</summary>
internal sealed partial record HubSettings
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>The options whose times and counts hold; a copy of the user's.</summary>
    internal required HubOptions Options { get; init; }

    internal required string CacheDirectory { get; init; }

    /// <summary>The hub's address, which ends with a slash.</summary>
    internal required Uri Endpoint { get; init; }

    internal required string? Token { get; init; }

    internal required bool Offline { get; init; }

    /// <summary>Resolves them.</summary>
    /// <param name="options">The user's options; null for the defaults.</param>
    /// <param name="variable">Gets an environment variable.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="HubException">A variable, or the token's file, holds what it cannot.</exception>
    internal static HubSettings From(HubOptions? options, Func<string, string?> variable)
    {
        options = options?.Clone() ?? new();
        options.Validate();
        string? Read(params string[] names) => FirstSet(variable, names);

        string home = Expand(variable, Read("HF_HOME") ?? Path.Combine(Read("XDG_CACHE_HOME") ?? Path.Combine("~", ".cache"), "huggingface"));
        string endpoint = options.Endpoint ?? Read("HF_ENDPOINT") ?? DefaultEndpoint;
        if (!IsAddress(endpoint))
        {
            throw new HubException("HF_ENDPOINT", $"'{Printable.Name(endpoint)}' is no address of a hub. Set it to one such as {DefaultEndpoint}, or leave it unset.");
        }

        return new HubSettings
        {
            Options = options,
            CacheDirectory = Path.GetFullPath(options.CacheDirectory ?? Expand(variable, Read("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"))),
            Endpoint = new Uri(endpoint.TrimEnd('/') + "/"),
            Token = options.Token is { } given ? (given.Length == 0 ? null : given) : FindToken(variable, home),
            Offline = options.Offline ?? IsTrue(Read("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
        };
    }

    internal static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address is { Query: "", Fragment: "", UserInfo: "" };

    internal static bool IsToken(string text) => text.All(c => c is > ' ' and < (char)127);

    /// <summary>Whether an address belongs to the hub itself, which alone may see the token.</summary>
    internal bool IsOfEndpoint(Uri address) => Uri.Compare(address, Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>The first of these variables that holds something.</summary>
    private static string? FirstSet(Func<string, string?> variable, params string[] names) => names.Select(variable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));

    private static string? FindToken(Func<string, string?> variable, string home)
    {
        if (IsTrue(FirstSet(variable, "HF_HUB_DISABLE_IMPLICIT_TOKEN")))
        {
            return null;
        }

        string? token = FirstSet(variable, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
        string place = "HF_TOKEN";
        if (token is null)
        {
            place = Expand(variable, FirstSet(variable, "HF_TOKEN_PATH") ?? Path.Combine(home, "token"));
            try
            {
                token = File.Exists(place) ? File.ReadAllText(place) : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HubException(place, $"The file of the hub's access token cannot be read: {e.Message} Make it readable, or set HF_TOKEN.", innerException: e);
            }
        }

        token = token?.Trim();
        return string.IsNullOrEmpty(token) ? null
            : IsToken(token) ? token
            : throw new HubException(place, "It holds no access token: there are blanks or other signs in it that no token has. Write the token there again, with 'hf auth login'.");
    }

    private static bool IsTrue(string? value) => value?.Trim().ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    /// <summary>A path with the user's folder for a leading <c>~</c>, and variables in it by their values: <c>$NAME</c> and <c>${NAME}</c>, on Windows <c>%NAME%</c> too. Those that are not set stay as they are.</summary>
    private static string Expand(Func<string, string?> variable, string path)
    {
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal))
        {
            path = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[1..]);
        }

        return (OperatingSystem.IsWindows() ? AnyVariable() : Variable()).Replace(path, match => variable(match.Groups["name"].Value) ?? match.Value);
    }

    [GeneratedRegex(@"\$(?<name>[A-Za-z0-9_]+)|\$\{(?<name>[^{}]+)\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\$(?<name>[A-Za-z0-9_]+)|\$\{(?<name>[^{}]+)\}|%(?<name>[^%]+)%", RegexOptions.ExplicitCapture)]
    private static partial Regex AnyVariable();
}
