using System.Globalization;
using System.Net;

namespace MLNet.Dispersion;

/// <summary>Says which model is served, to whom, and within which limits.</summary>
/// <remarks>The defaults serve this machine alone. Not thread-safe while it is edited; it is copied when a server is made of it.</remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// var options = new ServingOptions { ModelPath = "model.zip", Port = 5080 };
/// options.Validate();
/// </code>
/// </example>
public sealed class ServingOptions
{
    /// <summary>Gets or sets the model: a zip that <c>ml.Model.Save</c> wrote, a directory in Hugging Face's format, or a GGUF file. It must be named. Default null.</summary>
    public string? ModelPath { get; set; }

    /// <summary>Gets or sets what clients call the model. Null (default) for the name of its file or directory, without <c>.zip</c> or <c>.gguf</c>.</summary>
    public string? ModelName { get; set; }

    /// <summary>Gets or sets where a directory or a GGUF file is put: <c>auto</c> (default: CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, … A zip puts itself onto the best device, and another value than <c>auto</c> is refused for it.</summary>
    public string Device { get; set; } = "auto";

    /// <summary>Gets or sets the address to listen at: <c>localhost</c>, an IP address, or <c>0.0.0.0</c> or <c>::</c> for all of the machine's. Default 127.0.0.1, which other machines do not reach.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Gets or sets the port, 0..65535. Default 5080; 0 takes a free one.</summary>
    public int Port { get; set; } = 5080;

    /// <summary>Gets or sets the keys of which clients must send one, as <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>. Each has at least 16 characters of printable ASCII without blanks. Default none.</summary>
    /// <remarks>They are compared in constant time. <c>/health</c>, <c>/ready</c> and the page itself, which holds no data, answer without one.</remarks>
    public IReadOnlyList<string> ApiKeys { get; set; } = [];

    /// <summary>Gets or sets whether other machines may use the server without a key. Default false: a server that is opened to them and has no keys is refused.</summary>
    public bool AllowWithoutKeys { get; set; }

    /// <summary>Gets or sets how many batches are computed side by side over the one model in memory. Default 2. At least 1.</summary>
    public int Engines { get; set; } = 2;

    /// <summary>Gets or sets the most rows (texts) of concurrent requests that are computed in one pass. Default 32. At least 1; 1 batches nothing.</summary>
    public int MaxBatchRows { get; set; } = 32;

    /// <summary>Gets or sets how long the last free engine waits for further requests before it computes fewer rows than <see cref="MaxBatchRows"/>; where others are free too it waits for nothing, and takes its share of what is there. Default 2 ms; 0 takes what is there. From 0 to 10 s.</summary>
    public TimeSpan MaxBatchDelay { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Gets or sets the most rows that wait to be computed; a request beyond is answered with 429 and Retry-After. Default 1,024. At least <see cref="MaxRowsPerRequest"/>.</summary>
    public int MaxQueuedRows { get; set; } = 1024;

    /// <summary>Gets or sets the most requests that wait to be written (completions and chats); one beyond is answered with 429 and Retry-After. Default 32. At least 1.</summary>
    public int MaxQueuedGenerations { get; set; } = 32;

    /// <summary>Gets or sets the most rows (texts, prompts) of one request; more are answered with 413. Default 256. At least 1.</summary>
    public int MaxRowsPerRequest { get; set; } = 256;

    /// <summary>Gets or sets the most bytes of a request's body; more are answered with 413. Default 1 MiB. At least 1.</summary>
    public long MaxBodyBytes { get; set; } = 1 << 20;

    /// <summary>Gets or sets the most UTF-16 characters of one text; more are answered with 413. Default 32,768. At least 1.</summary>
    public int MaxTextLength { get; set; } = 32_768;

    /// <summary>Gets or sets the most tokens that a completion may ask for; more are refused. Default 1,024. At least 1.</summary>
    public int MaxNewTokens { get; set; } = 1024;

    /// <summary>Gets or sets whether texts to be embedded that have more tokens than the model reads are cut off. Default false: they are refused.</summary>
    public bool TruncateTexts { get; set; }

    /// <summary>Gets or sets how long a server that is stopped goes on with what it accepted; writing that takes longer is broken off. Default 30 s. Above 0, at most one day.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets whether a page at <c>/</c> shows throughput, latency, queue and geometry, from what <c>/stats</c> says. Default true; false leaves both out.</summary>
    public bool ShowPage { get; set; } = true;

    /// <summary>Gets or sets how the geometry of served texts is watched; null for not at all. Default: every tenth text.</summary>
    public DriftOptions? Drift { get; set; } = new();

    /// <summary>A copy, which later edits do not reach.</summary>
    public ServingOptions Clone()
    {
        var copy = (ServingOptions)MemberwiseClone();
        copy.ApiKeys = [.. ApiKeys ?? throw new ArgumentNullException(nameof(ApiKeys))];
        copy.Drift = Drift?.Clone();
        return copy;
    }

    /// <summary>Checks every value, and that a server which other machines reach asks for a key.</summary>
    /// <exception cref="ArgumentException">A value is outside its range, or the server would be open to everybody; the message names it and the cure.</exception>
    public void Validate()
    {
        That(!string.IsNullOrWhiteSpace(ModelPath), nameof(ModelPath), ModelPath ?? "null", "the path of a model: a zip, a directory or a GGUF file");
        That(ModelName is null || !string.IsNullOrWhiteSpace(ModelName), nameof(ModelName), "empty", "a name, or null for that of the file");
        That(!string.IsNullOrWhiteSpace(Device), nameof(Device), "empty", "auto, cpu, cuda or another device");
        That(IsLocalhost || IPAddress.TryParse(Address, out _), nameof(Address), Address, "localhost or an IP address, such as 127.0.0.1");
        That(Port is >= 0 and <= 65535, nameof(Port), Port, "from 0 to 65535");
        ArgumentNullException.ThrowIfNull(ApiKeys, nameof(ServingOptions) + "." + nameof(ApiKeys));

        // A key is never shown, not even a bad one.
        That(ApiKeys.All(IsKey), nameof(ApiKeys), "a list with a key that is none", "keys of at least 16 characters of printable ASCII without blanks");
        That(Engines >= 1, nameof(Engines), Engines, "at least 1");
        That(MaxBatchRows >= 1, nameof(MaxBatchRows), MaxBatchRows, "at least 1");
        That(MaxBatchDelay >= TimeSpan.Zero && MaxBatchDelay <= TimeSpan.FromSeconds(10), nameof(MaxBatchDelay), MaxBatchDelay, "from 0 to 10 seconds");
        That(MaxRowsPerRequest >= 1, nameof(MaxRowsPerRequest), MaxRowsPerRequest, "at least 1");
        That(MaxQueuedRows >= MaxRowsPerRequest, nameof(MaxQueuedRows), MaxQueuedRows, $"at least MaxRowsPerRequest ({MaxRowsPerRequest}), or the largest request could never be accepted");
        That(MaxQueuedGenerations >= 1, nameof(MaxQueuedGenerations), MaxQueuedGenerations, "at least 1");
        That(MaxBodyBytes >= 1, nameof(MaxBodyBytes), MaxBodyBytes, "at least 1");
        That(MaxTextLength >= 1, nameof(MaxTextLength), MaxTextLength, "at least 1");
        That(MaxNewTokens >= 1, nameof(MaxNewTokens), MaxNewTokens, "at least 1");
        That(ShutdownTimeout > TimeSpan.Zero && ShutdownTimeout <= TimeSpan.FromDays(1), nameof(ShutdownTimeout), ShutdownTimeout, "above 0 and at most one day");
        Drift?.Validate();
        if (!IsLoopback && ApiKeys.Count == 0 && !AllowWithoutKeys)
        {
            throw new ArgumentException($"ServingOptions.Address is {Address}, which other machines reach, and there are no ApiKeys: everybody there could use the model. Name keys, listen at 127.0.0.1, or set AllowWithoutKeys.", nameof(ApiKeys));
        }
    }

    /// <summary>Whether other machines cannot reach the address.</summary>
    internal bool IsLoopback => IsLocalhost || (IPAddress.TryParse(Address, out IPAddress? address) && IPAddress.IsLoopback(address));

    private bool IsLocalhost => string.Equals(Address, "localhost", StringComparison.OrdinalIgnoreCase);

    private static bool IsKey(string? key) => key is { Length: >= 16 } && key.All(c => c is > ' ' and <= '~');

    private static void That(bool good, string name, object value, string rule)
    {
        if (!good)
        {
            throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture, $"ServingOptions.{name} is {value}; it must be {rule}."));
        }
    }
}
