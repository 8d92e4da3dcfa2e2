namespace MLNet.Dispersion;

/// <summary>Training by several ranks ended because one of them was lost: its process ended, its connection broke, or it failed. The message says which, why, and what to go on from.</summary>
/// <remarks>The job cannot train again: let the program end, which ends what is left of it, and start it anew.</remarks>
public sealed class DistributedTrainingException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="rank">The rank that was lost.</param>
    /// <param name="message">What happened and what would cure it.</param>
    /// <param name="innerException">What led to it; null for none.</param>
    public DistributedTrainingException(int rank, string message, Exception? innerException = null)
        : base(message, innerException) => Rank = rank;

    /// <summary>Gets the rank that was lost.</summary>
    public int Rank { get; }
}
