namespace MLNet.Dispersion;

/// <summary>Training by several processes at once, on one machine or many, over the system's MPI: <c>mpirun -n 4 app</c>, Slurm's <c>srun</c> or a Kubernetes MPIJob starts them.</summary>
/// <remarks>
/// <para>
/// Every process (<em>rank</em>) makes the same call with the same data, options and backbone. The micro-batches of an optimizer step are shared among the ranks, their gradients are summed in
/// float32, and all ranks make the same update: n ranks train as one process does that accumulates n times as many micro-batches, to the rounding of sums. <see cref="FineTuneOptions.MicroBatchSize"/> and
/// <see cref="FineTuneOptions.GradientAccumulationSteps"/> are those of one rank. Random numbers are drawn anew for each micro-batch, so that they do not depend on the number of ranks.
/// </para>
/// <para>
/// Rank 0 writes the checkpoints into a folder that all ranks can read. A job goes on from its checkpoint with any number of ranks up to the micro-batches of its steps, which stay as many as at its start.
/// </para>
/// <para>
/// All ranks end with the same model and the same result; <see cref="DistributedJob"/> says which of them is to save it. <see cref="FineTuneOptions.Progress"/> is told on rank 0 alone, observers on every rank
/// (<see cref="TrainingRun.Rank"/>). Tested on Linux with OpenMPI 4 and MPICH 4. Not thread-safe while it is edited.
/// </para>
/// </remarks>
public sealed class DistributedOptions : IOptions
{
    /// <summary>
    /// Gets or sets the MPI library, a file name or a path. Default null: that of the launcher which started this process (<c>libmpi.so.40</c> of OpenMPI or <c>libmpich.so.12</c> of MPICH), or
    /// whichever is installed. Intel MPI's <c>libmpi.so.12</c> has MPICH's binary interface.
    /// </summary>
    public string? Library { get; set; }

    /// <summary>
    /// Gets or sets how long a rank may be silent. Each tells rank 0 several times in that span that it is there, over a connection of its own beside MPI; when nothing is heard any longer, training
    /// ends on all ranks with a <see cref="DistributedTrainingException"/>. A rank whose process ends is noticed at once. Default 60 s. At least 1 s, at most an hour.
    /// </summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the TCP port of rank 0 at which it listens to the other ranks. Default 0: any that is free. 0..65535.</summary>
    public int Port { get; set; }

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public DistributedOptions Clone() => (DistributedOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(DistributedOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.That(Library is null || !string.IsNullOrWhiteSpace(Library), "blank", "the file of an MPI library, or null for that of the launcher", nameof(Library));
        require.That(TimeLimit >= TimeSpan.FromSeconds(1) && TimeLimit <= TimeSpan.FromHours(1), TimeLimit, "from one second to one hour");
        require.That(Port is >= 0 and <= 65535, Port, "from 0 to 65535");
    }
}
