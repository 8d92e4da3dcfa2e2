namespace MLNet.Dispersion.Models;

/// <summary>What a head that stands on a network, in place of a language model's, was trained for.</summary>
public enum HeadTask
{
    /// <summary>Numbers for a whole text: classes, labels, or values. Hugging Face's <c>ForSequenceClassification</c>.</summary>
    Sequence,

    /// <summary>Classes of each token. <c>ForTokenClassification</c>.</summary>
    Tokens,

    /// <summary>Two numbers for each token: whether an answer starts there, and whether it ends there. <c>ForQuestionAnswering</c>.</summary>
    Spans,

    /// <summary>The tokens that stood where an encoder's input is masked. <c>ForMaskedLM</c>.</summary>
    MaskedTokens,
}
