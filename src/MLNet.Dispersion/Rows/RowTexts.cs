namespace MLNet.Dispersion;

/// <summary>The texts of some rows: one a row, or a pair.</summary>
/// <param name="First">The texts, or the first ones of pairs.</param>
/// <param name="Second">The second ones; null where there are single texts.</param>
internal readonly record struct RowTexts(IReadOnlyList<string?> First, IReadOnlyList<string?>? Second = null)
{
    internal int Count => Words?.Count ?? First.Count;

    /// <summary>The words of each text, where the text column holds vectors of them: <see cref="First"/> then is empty.</summary>
    internal IReadOnlyList<string[]>? Words { get; init; }
}
