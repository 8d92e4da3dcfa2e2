using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>The few functions that are needed of the system's MPI library, found by their names when it is loaded: OpenMPI's binary interface or MPICH's, which differ in their handles.</summary>
internal sealed unsafe partial class MpiLibrary
{
    private const int ThreadMultiple = 3;
    private const int LongestText = 8192;
    private static readonly string[] OpenMpiNames = ["libmpi.so.40"];
    private static readonly string[] MpichNames = ["libmpich.so.12", "libmpi.so.12"];
    private readonly nint _library;
    private readonly bool _isOpenMpi;
    private readonly nint _communicator;
    private readonly delegate* unmanaged<void*, void*, int, nint, nint, nint, nint*, int> _sum;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int> _gather;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, nint*, int> _broadcast;
    private readonly delegate* unmanaged<nint*, int*, void*, int> _test;
    private readonly bool _isOwner;

    private MpiLibrary(string name, nint library)
    {
        _library = library;
        _isOpenMpi = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _);
        _sum = (delegate* unmanaged<void*, void*, int, nint, nint, nint, nint*, int>)Function("MPI_Iallreduce");
        _gather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, nint*, int>)Function("MPI_Iallgather");
        _broadcast = (delegate* unmanaged<void*, int, nint, int, nint, nint*, int>)Function("MPI_Ibcast");
        _test = (delegate* unmanaged<nint*, int*, void*, int>)Function("MPI_Test");
        Name = $"{name} ({Version()})";
        _isOwner = Start();
        nint world = Handle("ompi_mpi_comm_world", 0x44000000);
        nint communicator = 0;
        Check(((delegate* unmanaged<nint, nint*, int>)Function("MPI_Comm_dup"))(world, &communicator));
        _communicator = communicator;
        Check(((delegate* unmanaged<nint, nint, int>)Function("MPI_Comm_set_errhandler"))(communicator, Handle("ompi_mpi_errors_return", 0x54000001)));
        int rank = 0, count = 0;
        Check(((delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_rank"))(communicator, &rank));
        Check(((delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_size"))(communicator, &count));
        (Rank, Count) = (rank, count);
    }

    /// <summary>File and version, for messages.</summary>
    internal string Name { get; }

    internal int Rank { get; }

    internal int Count { get; }

    /// <summary>Loads the library and makes this process one of the job's ranks: all must do so.</summary>
    /// <param name="name">A file name or path; null to choose.</param>
    /// <param name="launcher">What started this process; null where nothing is known.</param>
    /// <exception cref="DllNotFoundException">There is no such library, or none.</exception>
    internal static MpiLibrary Load(string? name, MpiLauncher? launcher)
    {
        // MPICH's transport otherwise catches the signal by which .NET finds null references, and ends the process. Variables that .NET sets do not reach native code.
        if (OperatingSystem.IsLinux())
        {
            _ = SetVariable("UCX_ERROR_SIGNALS", "", 0);
        }

        string[] names = name is not null ? [name] : launcher?.IsOpenMpi == false ? [.. MpichNames, .. OpenMpiNames] : [.. OpenMpiNames, .. MpichNames];
        foreach (string candidate in names)
        {
            if (NativeLibrary.TryLoad(candidate, out nint library))
            {
                return new MpiLibrary(candidate, library);
            }
        }

        throw new DllNotFoundException($"FineTuneOptions.Distributed needs an MPI library, and {string.Join(", ", names)} cannot be loaded. Install OpenMPI or MPICH (on Debian and Ubuntu: apt-get install openmpi-bin), or name the file in DistributedOptions.Library.");
    }

    /// <summary>Begins to add up floats over all ranks, in place.</summary>
    internal nint BeginSum(float* values, int count)
    {
        nint request = 0;
        Check(_sum(_isOpenMpi ? (void*)1 : (void*)-1, values, count, Handle("ompi_mpi_float", 0x4c00040a), Handle("ompi_mpi_op_sum", 0x58000003), _communicator, &request));
        return request;
    }

    /// <summary>Begins to give every rank the numbers of all.</summary>
    internal nint BeginGather(double* values, int count, double* all)
    {
        nint number = Handle("ompi_mpi_double", 0x4c00080b);
        nint request = 0;
        Check(_gather(values, count, number, all, count, number, _communicator, &request));
        return request;
    }

    /// <summary>Begins to give every rank the bytes of rank 0.</summary>
    internal nint BeginBroadcast(byte* values, int count)
    {
        nint request = 0;
        Check(_broadcast(values, count, Handle("ompi_mpi_byte", 0x4c00010d), 0, _communicator, &request));
        return request;
    }

    /// <summary>Moves what was begun on, and says whether it is done.</summary>
    internal bool IsDone(ref nint request)
    {
        int done = 0;
        fixed (nint* pending = &request)
        {
            Check(_test(pending, &done, _isOpenMpi ? null : (void*)1));
        }

        return done != 0;
    }

    /// <summary>Leaves the job, once all ranks do; nothing where the program itself started MPI.</summary>
    internal void Finish()
    {
        int finished = 0;
        Check(((delegate* unmanaged<int*, int>)Function("MPI_Finalized"))(&finished));
        if (_isOwner && finished == 0)
        {
            Check(((delegate* unmanaged<int>)Function("MPI_Finalize"))());
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    private bool Start()
    {
        int started = 0;
        Check(((delegate* unmanaged<int*, int>)Function("MPI_Initialized"))(&started));
        if (started == 0)
        {
            int provided = 0;
            Check(((delegate* unmanaged<void*, void*, int, int*, int>)Function("MPI_Init_thread"))(null, null, ThreadMultiple, &provided));
        }

        return started == 0;
    }

    private string Version()
    {
        byte* text = stackalloc byte[LongestText];
        int length = 0;
        Check(((delegate* unmanaged<byte*, int*, int>)Function("MPI_Get_library_version"))(text, &length));
        string version = Encoding.UTF8.GetString(text, Math.Clamp(length, 0, LongestText));
        return version.Split(['\n', ',', '\0'], 2)[0].Replace('\t', ' ').Trim();
    }

    private void Check(int code)
    {
        if (code == 0)
        {
            return;
        }

        byte* text = stackalloc byte[LongestText];
        int length = 0;
        bool isKnown = ((delegate* unmanaged<int, byte*, int*, int>)Function("MPI_Error_string"))(code, text, &length) == 0;
        throw new InvalidOperationException($"{Name}: {(isKnown ? Encoding.UTF8.GetString(text, Math.Clamp(length, 0, LongestText)) : "an error without a name")} ({code}).");
    }

    private nint Function(string name) => NativeLibrary.GetExport(_library, name);

    /// <summary>A handle: in OpenMPI the address of something exported, in MPICH a number.</summary>
    private nint Handle(string openMpi, nint mpich) => _isOpenMpi ? Function(openMpi) : mpich;
}
