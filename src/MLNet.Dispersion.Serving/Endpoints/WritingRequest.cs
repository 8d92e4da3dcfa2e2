namespace MLNet.Dispersion.Serving;

/// <summary>What completions and chats have in common: how to write, and whether piece by piece.</summary>
/// <param name="Generation">How to write.</param>
/// <param name="Streams">Whether pieces are sent as they are written.</param>
/// <param name="IncludesUsage">Whether a stream ends with the count of tokens.</param>
internal sealed record WritingRequest(TextGenerationOptions Generation, bool Streams, bool IncludesUsage)
{
    private const int MaxStops = 16;

    /// <summary>Reads the fields.</summary>
    /// <param name="fields">The body's.</param>
    /// <param name="options">The server's limits.</param>
    /// <param name="config">What the model's files say; or null.</param>
    /// <param name="usualTokens">The most tokens where neither request nor files say it.</param>
    /// <param name="limitNames">What the most tokens are called, the usual name first.</param>
    /// <exception cref="ApiException">A field is wrong.</exception>
    internal static WritingRequest Read(RequestFields fields, ServingOptions options, GenerationConfig? config, int usualTokens, params IReadOnlyList<string> limitNames)
    {
        int?[] limits = [.. limitNames.Select(name => fields.Integer(name, 1, options.MaxNewTokens))];
        if (limits.Count(limit => limit is not null) > 1)
        {
            throw ApiException.Bad($"{string.Join(" and ", limitNames)} mean the same; send one of them.", limitNames[^1], "invalid_value");
        }

        string[] stops = fields.Strings("stop");
        if (stops.Length > MaxStops || stops.Any(stop => stop.Length is 0 or > 256))
        {
            throw fields.Wrong("stop", $"a string or an array of at most {MaxStops} strings, of 1 to 256 characters each");
        }

        bool streams = fields.Flag("stream");
        bool usage = false;
        if (fields.Any("stream_options") is { } given)
        {
            RequestFields stream = streams ? RequestFields.Of(given, "stream_options") : throw ApiException.Bad("'stream_options' needs \"stream\": true.", "stream_options", "invalid_value");
            usage = stream.Flag("include_usage");
            stream.RefuseOthers(("include_obfuscation", false));
        }

        var generation = new TextGenerationOptions
        {
            MaxNewTokens = limits.FirstOrDefault(limit => limit is not null) ?? Math.Min(options.MaxNewTokens, config?.MaxNewTokens ?? usualTokens),
            Temperature = fields.Number("temperature", 0, 2),
            TopP = fields.Number("top_p", 0, 1) is { } share ? share > 0 ? share : throw fields.Wrong("top_p", "above 0 and at most 1") : null,

            // Who names no seed expects another text each time.
            Seed = fields.Integer("seed", int.MinValue, int.MaxValue) ?? Random.Shared.Next(),
            StopSequences = stops,
        };
        return new WritingRequest(generation, streams, usage);
    }
}
