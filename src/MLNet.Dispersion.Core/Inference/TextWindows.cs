namespace MLNet.Dispersion;

/// <summary>Cuts what is longer than a model reads into windows that overlap.</summary>
internal static class TextWindows
{
    /// <summary>The windows of a text, the first at its begin, the last at its end, each but the last as long as there is room for.</summary>
    /// <param name="tokens">The text's tokens.</param>
    /// <param name="room">The most of them in a window, at least 1.</param>
    /// <param name="overlap">How many a window shares with the one before: at least 0, below <paramref name="room"/>.</param>
    internal static IReadOnlyList<TextRange> Cut(int tokens, int room, int overlap)
    {
        var windows = new List<TextRange> { new(0, Math.Min(tokens, room)) };
        while (windows[^1].End < tokens)
        {
            int start = windows[^1].Start + room - overlap;
            windows.Add(new TextRange(start, Math.Min(tokens, start + room)));
        }

        return windows;
    }

    /// <summary>The window in which a token has the most context on its poorer side; of equals the one with more on the other side, then the first.</summary>
    internal static int Best(IReadOnlyList<TextRange> windows, int token)
    {
        int best = 0;
        (int Poorer, int Richer) most = (-1, -1);
        for (int window = 0; window < windows.Count; window++)
        {
            int before = token - windows[window].Start, after = windows[window].End - 1 - token;
            (int, int) context = (Math.Min(before, after), Math.Max(before, after));
            if (context.CompareTo(most) > 0)
            {
                (best, most) = (window, context);
            }
        }

        return best;
    }
}
