using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What the program that started this process says of the job: by the variables that it sets.</summary>
/// <param name="Name">What started it, for messages.</param>
/// <param name="IsOpenMpi">Whether it serves OpenMPI's library alone; null where that is not known.</param>
/// <param name="Count">How many ranks it started.</param>
internal sealed record MpiLauncher(string Name, bool? IsOpenMpi, int Count)
{
    // Slurm's own variable comes last: under mpirun it counts the launcher's helpers.
    private static readonly (string Variable, string Name, bool? IsOpenMpi)[] Known =
    [
        ("OMPI_COMM_WORLD_SIZE", "OpenMPI's mpirun", true),
        ("PMI_SIZE", "MPICH's mpiexec (or another that speaks PMI)", false),
        ("SLURM_STEP_NUM_TASKS", "Slurm's srun", null),
    ];

    /// <summary>The launcher of this process; null where it was started by none.</summary>
    /// <param name="variable">Gives the value of an environment variable.</param>
    internal static MpiLauncher? Find(Func<string, string?> variable) => Known
        .Select(known => int.TryParse(variable(known.Variable), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? new MpiLauncher(known.Name, known.IsOpenMpi, count) : null)
        .FirstOrDefault(launcher => launcher is not null);

    /// <summary>Refuses a library that knows of other ranks than the launcher started: each process would take itself for the only one.</summary>
    /// <param name="library">The library, for the message.</param>
    /// <param name="count">The ranks that it knows.</param>
    /// <exception cref="InvalidOperationException">The numbers differ.</exception>
    internal void Check(string library, int count)
    {
        if (count != Count)
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"{Name} started {Count} ranks, but {library} knows of {count}: launcher and library belong to different MPI installations, or the launcher lacks the library's plug-in (srun --mpi=pmix). Start the program by the launcher of that library, or name the launcher's in DistributedOptions.Library."));
        }
    }
}
