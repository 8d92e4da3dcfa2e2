namespace MLNet.Dispersion;

/// <summary>Tokens of which the last ones are scored, each by its probability after all before it.</summary>
/// <param name="Ids">The tokens, at least two.</param>
/// <param name="Start">The first that is scored, at least 1.</param>
internal readonly record struct ScoredSequence(int[] Ids, int Start)
{
    /// <summary>What the model reads: all but the last, which is only predicted.</summary>
    public ReadOnlySpan<int> Input => Ids.AsSpan(0, Ids.Length - 1);
}
