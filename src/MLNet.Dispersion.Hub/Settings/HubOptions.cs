using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion;

/// <summary>How models are had from the Hugging Face hub.</summary>
/// <remarks>
/// What is null is taken from the environment variables of the hub's own clients, so that Python and .NET share cache, token and settings.
/// Not thread-safe; a call reads it once, at its beginning.
/// </remarks>
public sealed class HubOptions
{
    /// <summary>Gets or sets the folder of the cache; null (default) for <c>HF_HUB_CACHE</c>, else the folder <c>hub</c> in <c>HF_HOME</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public string? CacheDirectory { get; set; }

    /// <summary>Gets or sets the hub's address, a mirror or a private hub; null (default) for <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public string? Endpoint { get; set; }

    /// <summary>
    /// Gets or sets the access token for gated and private repositories; an empty text for none. Null (default) for <c>HF_TOKEN</c>, else the file that
    /// <c>HF_TOKEN_PATH</c> names, else the file <c>token</c> in <c>HF_HOME</c>, where <c>hf auth login</c> writes it. It is sent to <see cref="Endpoint"/> alone, never to the hosts that it redirects to.
    /// </summary>
    public string? Token { get; set; }

    /// <summary>Gets or sets whether only the cache is asked, and the network never; null (default) for <c>HF_HUB_OFFLINE</c>.</summary>
    public bool? Offline { get; set; }

    /// <summary>Gets or sets how often a request is made, and how often a download may break off without a byte of progress, before the call fails: 1 to 100. Default 5.</summary>
    public int Attempts { get; set; } = 5;

    /// <summary>Gets or sets how long to wait before the second attempt: 0 to one minute; each further wait is twice as long, with some chance in it. Default 1 second.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the longest wait that the server may ask for with <c>Retry-After</c>: 0 to one day; what asks for more fails at once. Default 5 minutes.</summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets how long the server may be silent, before an answer or within one, until the attempt counts as failed: from 1 millisecond to one hour. Default 30 seconds.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets who is told how far the download has come, several times a second; null (default) for nobody.</summary>
    public IProgress<HubProgress>? Progress { get; set; }

    /// <summary>Whether links are tried; where they cannot be made, snapshots hold the files themselves.</summary>
    internal bool UseLinks { get; set; } = true;

    /// <summary>The bytes that are free where a path lies; null where that cannot be told.</summary>
    internal Func<string, long?> FreeBytes { get; set; } = DiskSpace.FreeBytes;

    /// <summary>Makes a copy.</summary>
    public HubOptions Clone() => (HubOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is blank, no address, or outside its range; the message names it, the value and the range.</exception>
    public void Validate()
    {
        Require(CacheDirectory is null || !string.IsNullOrWhiteSpace(CacheDirectory), nameof(CacheDirectory), CacheDirectory, "a folder's path, or null");
        Require(Endpoint is null || HubSettings.IsAddress(Endpoint), nameof(Endpoint), Endpoint, "an address such as https://huggingface.co, or null");
        Require(Token is null || HubSettings.IsToken(Token), nameof(Token), "(not shown)", "a token without blanks, or empty for none, or null");
        Require(Attempts is >= 1 and <= 100, nameof(Attempts), Attempts, "from 1 to 100");
        Require(RetryDelay >= TimeSpan.Zero && RetryDelay <= TimeSpan.FromMinutes(1), nameof(RetryDelay), RetryDelay, "from 0 to one minute");
        Require(LongestWait >= TimeSpan.Zero && LongestWait <= TimeSpan.FromDays(1), nameof(LongestWait), LongestWait, "from 0 to one day");
        Require(Patience >= TimeSpan.FromMilliseconds(1) && Patience <= TimeSpan.FromHours(1), nameof(Patience), Patience, "from 1 millisecond to one hour");
    }

    private static void Require(bool good, string name, object? value, string range)
    {
        if (!good)
        {
            throw new ArgumentOutOfRangeException(name, value, $"HubOptions.{name} must be {range}.");
        }
    }
}
