namespace MLNet.Dispersion;

/// <summary>Splits loops over the threads that torch uses. Where the cuts are does not depend on their number, so sums that are kept per range are the same on every machine.</summary>
internal static class ParallelRanges
{
    /// <summary>Calls the body for [0, grain), [grain, 2 grain) and so on, from several threads.</summary>
    /// <param name="length">The end of the last range.</param>
    /// <param name="grain">Entries of a range, at least 1.</param>
    /// <param name="body">Given a range's index, start and length.</param>
    internal static void Run(int length, int grain, Action<int, int, int> body)
    {
        int ranges = Count(length, grain);
        if (ranges == 1)
        {
            body(0, 0, length);
            return;
        }

        TorchThreads.For(ranges, range => body(range, range * grain, Math.Min(grain, length - (range * grain))));
    }

    /// <summary>How many ranges there are.</summary>
    internal static int Count(int length, int grain) => (int)(((long)length + grain - 1) / grain);
}
