namespace MLNet.Dispersion;

/// <summary>Checks what comes as pairs of texts.</summary>
internal static class TextPairs
{
    /// <exception cref="ArgumentException">There is not one second text for each first.</exception>
    internal static void Check(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts)
    {
        if (secondTexts is not null && secondTexts.Count != texts.Count)
        {
            throw new ArgumentException($"There are {texts.Count} first texts but {secondTexts.Count} second ones; each pair needs both.", nameof(secondTexts));
        }
    }

    /// <exception cref="ArgumentException">A model of pairs gets single texts, or the other way round.</exception>
    internal static void CheckKind(bool ofPairs, IReadOnlyList<string?>? secondTexts)
    {
        if (ofPairs != (secondTexts is not null))
        {
            throw new ArgumentException(
                ofPairs
                    ? "The model was trained on pairs of texts: give the second texts as well."
                    : "The model was trained on single texts: it takes no second ones. Train it on pairs, or join the texts yourself.",
                nameof(secondTexts));
        }
    }
}
