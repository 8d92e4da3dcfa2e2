namespace MLNet.Dispersion;

/// <summary>What a language model wrote behind a prompt.</summary>
/// <param name="Text">The new text, without the prompt; it ends before a stop sequence. Bytes that are no valid UTF-8 are U+FFFD.</param>
/// <param name="TokenIds">The new tokens, those of a stop sequence included, the end-of-sequence token not.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">Tokens of the prompt that the model read.</param>
/// <param name="PromptTruncated">Whether the prompt was cut on the left (<see cref="TextGenerationOptions.TruncatePrompts"/>).</param>
public sealed record GeneratedText(
    string Text,
    IReadOnlyList<int> TokenIds,
    GenerationFinishReason FinishReason,
    int PromptTokens,
    bool PromptTruncated);
