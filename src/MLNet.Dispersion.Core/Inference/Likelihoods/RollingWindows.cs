namespace MLNet.Dispersion;

/// <summary>Cuts a long text into windows so that every token is scored exactly once.</summary>
internal static class RollingWindows
{
    /// <summary>The windows of a text, each with the tokens that it scores.</summary>
    /// <param name="text">The text; scored from its start on.</param>
    /// <param name="window">The most tokens that the model reads at once (W), at least 1.</param>
    /// <param name="stride">How many tokens a later window scores at most (S), 1..W.</param>
    public static IEnumerable<ScoredSequence> Cut(ScoredSequence text, int window, int stride)
    {
        int scored = text.Start;
        while (scored < text.Ids.Length)
        {
            // A window that reads W tokens predicts the one after them too.
            int end = Math.Min(text.Ids.Length, scored == text.Start ? Math.Max(scored + 1, window + 1) : scored + stride);
            int begin = Math.Max(0, end - window - 1);
            yield return new ScoredSequence(text.Ids[begin..end], scored - begin);
            scored = end;
        }
    }
}
