namespace MLNet.Dispersion;

/// <summary>The job of several processes that this one belongs to: which of them it is, and how many there are. For <see cref="FineTuneOptions.Distributed"/>.</summary>
/// <remarks>Thread-safe; training by several ranks itself is for one thread of each process at a time.</remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// var distributed = new DistributedOptions();
/// DistributedJob job = DistributedJob.Join(distributed);
/// Console.WriteLine($"rank {job.Rank} of {job.Count}");
/// </code>
/// </example>
public sealed class DistributedJob
{
    private static readonly Lock Joining = new();
    private static DistributedJob? _joined;
    private readonly MpiCollective _collective;
    private readonly MpiLibrary _mpi;
    private int _runs;

    private DistributedJob(DistributedOptions options)
    {
        var launcher = MpiLauncher.Find(Environment.GetEnvironmentVariable);
        _mpi = MpiLibrary.Load(options.Library, launcher);
        launcher?.Check(_mpi.Name, _mpi.Count);
        _collective = new MpiCollective(_mpi);
        if (_mpi.Count > 1)
        {
            _collective.Watch = Meet(options);
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => Leave();
    }

    /// <summary>Gets the number of this process among those of the job, from 0.</summary>
    public int Rank => _mpi.Rank;

    /// <summary>Gets how many processes the job has.</summary>
    public int Count => _mpi.Count;

    /// <summary>Gets whether this is rank 0, which writes checkpoints, shows progress, and is usually the one to save the model.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Gets what ranks do together.</summary>
    internal ICollective Collective => _collective;

    /// <summary>Makes this process a rank of its job, at the first call; later calls give the same, whatever their options. Returns once all ranks have called it. The end of the program leaves the job.</summary>
    /// <param name="options">Library, port and time limit; the same on all ranks.</param>
    /// <exception cref="DllNotFoundException">There is no MPI library.</exception>
    /// <exception cref="InvalidOperationException">The library does not belong to the launcher that started this process, or reports an error.</exception>
    /// <exception cref="DistributedTrainingException">The ranks cannot reach each other.</exception>
    public static DistributedJob Join(DistributedOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        lock (Joining)
        {
            return _joined ??= new DistributedJob(options);
        }
    }

    /// <summary>Gives every rank the number of rank 0, such as a seed that was drawn. All ranks must call it.</summary>
    /// <param name="number">Of rank 0; what others pass does not count.</param>
    /// <exception cref="DistributedTrainingException">A rank was lost.</exception>
    public int Agree(int number) => (int)_collective.Gather([number])[0][0];

    /// <summary>Notes that a training run begins.</summary>
    internal void RunBegins() => Interlocked.Increment(ref _runs);

    /// <summary>Notes that a training run is over.</summary>
    internal void RunEnds() => Interlocked.Decrement(ref _runs);

    private RankWatch Meet(DistributedOptions options)
    {
        RankWatch watch;
        if (Rank == 0)
        {
            watch = RankWatch.Listen(Count, options.Port, options.TimeLimit, out RankInvitation invitation);
            _collective.FromFirst(invitation.ToBytes());
            watch.WaitForAll();
        }
        else
        {
            watch = RankWatch.Connect(Rank, Count, options.TimeLimit, RankInvitation.Read(_collective.FromFirst([])));
        }

        return watch;
    }

    private void Leave()
    {
        if (_runs > 0)
        {
            _collective.Watch?.Ended();
        }

        bool isLost = _collective.Watch?.IsLost == true;
        _collective.Watch?.Dispose();

        // After a loss the others are not there to leave together with: the launcher ends what is left.
        if (!isLost)
        {
            _mpi.Finish();
        }
    }
}
