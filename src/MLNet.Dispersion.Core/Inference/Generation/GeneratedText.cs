namespace MLNet.Dispersion;

/// <summary>What a language model wrote behind a prompt.</summary>
public sealed record GeneratedText
{
    /// <summary>Gets the new text, without the prompt; it ends before a stop sequence. Bytes that are no valid UTF-8 are U+FFFD.</summary>
    public required string Text { get; init; }

    /// <summary>Gets the new tokens, those of a stop sequence included, the end-of-sequence token not.</summary>
    public required IReadOnlyList<int> TokenIds { get; init; }

    /// <summary>Gets the reason why it ended.</summary>
    public required GenerationFinishReason FinishReason { get; init; }

    /// <summary>Gets the number of tokens of the prompt that the model read.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Gets the number of those whose keys and values were at hand from an earlier text (<see cref="TextGenerationOptions.PrefixTokens"/>).</summary>
    public required int ReusedPromptTokens { get; init; }

    /// <summary>Gets whether the prompt was cut on the left (<see cref="TextGenerationOptions.TruncatePrompts"/>).</summary>
    public required bool PromptTruncated { get; init; }

    /// <summary>Gets why torch computed the tokens behind the prompt; null where the library's own decoder did (<see cref="TextGenerationOptions.Engine"/>).</summary>
    public required string? TorchReason { get; init; }
}
