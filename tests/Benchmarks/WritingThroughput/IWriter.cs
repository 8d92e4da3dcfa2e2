namespace MLNet.Dispersion.Benchmarks.WritingThroughput;

/// <summary>A way of writing.</summary>
internal interface IWriter : IDisposable
{
    /// <summary>Tokens of all texts a second, from behind the first token of each on.</summary>
    /// <param name="prompt">The tokens of each prompt.</param>
    /// <param name="count">How many prompts, all alike.</param>
    /// <param name="tokens">Tokens to write behind each, the likeliest.</param>
    double TokensPerSecond(int[] prompt, int count, int tokens);

    /// <summary>Tokens of a prompt a second, up to the first token that is written behind it.</summary>
    double ReadTokensPerSecond(int[] prompt);
}
