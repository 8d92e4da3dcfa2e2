namespace MLNet.Dispersion;

/// <summary>What all ranks of a job do together: each calls the same method in the same order, and all return once they have what they need.</summary>
/// <remarks>For one thread of each rank.</remarks>
internal interface ICollective
{
    /// <summary>Gets this rank, from 0.</summary>
    int Rank { get; }

    /// <summary>Gets how many ranks there are.</summary>
    int Count { get; }

    /// <summary>Adds up the values of all ranks, in place; the same bits on every rank.</summary>
    /// <param name="values">As many on every rank.</param>
    /// <exception cref="DistributedTrainingException">A rank was lost.</exception>
    void Sum(Span<float> values);

    /// <summary>Gives every rank the values of all, by rank.</summary>
    /// <param name="values">As many on every rank.</param>
    /// <exception cref="DistributedTrainingException">A rank was lost.</exception>
    double[][] Gather(ReadOnlySpan<double> values);

    /// <summary>Gives every rank the bytes of rank 0.</summary>
    /// <param name="value">Those of rank 0; what others pass does not count.</param>
    /// <exception cref="DistributedTrainingException">A rank was lost.</exception>
    byte[] FromFirst(byte[] value);

    /// <summary>Tells the others that this rank cannot go on, so that they do not wait for it.</summary>
    /// <param name="reason">Why.</param>
    void Fail(Exception reason);
}
