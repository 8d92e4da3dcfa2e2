namespace MLNet.Dispersion;

/// <summary>How the final hidden states of a text's tokens become one vector.</summary>
public enum TextPooling
{
    /// <summary>Their mean: every token counts the same.</summary>
    Mean,

    /// <summary>That of the last token, which has seen the whole text.</summary>
    LastToken,
}
