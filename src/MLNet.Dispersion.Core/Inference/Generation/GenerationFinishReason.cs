namespace MLNet.Dispersion;

/// <summary>Why a generated text ended.</summary>
public enum GenerationFinishReason
{
    /// <summary>It has as many tokens as asked for.</summary>
    MaxNewTokens,

    /// <summary>The model ended it with its end-of-sequence token.</summary>
    EndOfText,

    /// <summary>It came to one of the stop sequences.</summary>
    StopSequence,

    /// <summary>Prompt and text together fill the model's context.</summary>
    ContextLength,
}
