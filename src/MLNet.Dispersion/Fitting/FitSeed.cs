namespace MLNet.Dispersion;

/// <summary>The seed of a fit.</summary>
internal static class FitSeed
{
    /// <summary>A seed that nobody named is that of the checkpoint to go on from, since another process draws another number.</summary>
    /// <param name="options">What the caller asked for.</param>
    /// <param name="drawn">The number for fits that go on from nothing: the caller's seed, or one of the environment's random numbers.</param>
    internal static int Of(FineTuneOptions options, int drawn)
    {
        if (options is not { Seed: null, Checkpoints: { Resume: true } checkpoints })
        {
            return drawn;
        }

        try
        {
            return TrainingCheckpoint.Latest(checkpoints.Directory)?.Seed ?? drawn;
        }
        catch (ModelFileException)
        {
            // Training reads it again and says what to do.
            return drawn;
        }
    }
}
