using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion;

/// <summary>Collective operations by MPI, which are begun and then asked for until they are done: so a wait ends when a rank is lost, which MPI itself may never notice.</summary>
internal sealed unsafe class MpiCollective(MpiLibrary mpi) : ICollective
{
    // What MPI reads and writes is never freed: after a loss operations are left pending.
    private byte* _memory;
    private nuint _size;

    /// <inheritdoc/>
    public int Rank => mpi.Rank;

    /// <inheritdoc/>
    public int Count => mpi.Count;

    /// <summary>Gets or sets what notices lost ranks; null before it is set up.</summary>
    internal RankWatch? Watch { get; set; }

    /// <inheritdoc/>
    public void Sum(Span<float> values)
    {
        Span<float> native = MemoryMarshal.Cast<byte, float>(Native((nuint)values.Length * sizeof(float)));
        values.CopyTo(native);
        Wait(mpi.BeginSum((float*)_memory, values.Length));
        native.CopyTo(values);
    }

    /// <inheritdoc/>
    public double[][] Gather(ReadOnlySpan<double> values)
    {
        int length = values.Length;
        Span<double> native = MemoryMarshal.Cast<byte, double>(Native((nuint)length * (nuint)(Count + 1) * sizeof(double)));
        values.CopyTo(native);
        double* numbers = (double*)_memory;
        Wait(mpi.BeginGather(numbers, length, numbers + length));
        var all = new double[Count][];
        for (int rank = 0; rank < all.Length; rank++)
        {
            all[rank] = native.Slice((rank + 1) * length, length).ToArray();
        }

        return all;
    }

    /// <inheritdoc/>
    public byte[] FromFirst(byte[] value)
    {
        int length = (int)Gather([value.Length])[0][0];
        Span<byte> native = Native((nuint)length);
        if (Rank == 0)
        {
            value.CopyTo(native);
        }

        Wait(mpi.BeginBroadcast(_memory, length));
        return native.ToArray();
    }

    /// <inheritdoc/>
    public void Fail(Exception reason) => Watch?.Fail(reason);

    private Span<byte> Native(nuint bytes)
    {
        Watch?.ThrowIfLost(TimeSpan.Zero);
        if (bytes > _size)
        {
            NativeMemory.Free(_memory);
            _memory = (byte*)NativeMemory.Alloc(bytes);
            _size = bytes;
        }

        return new Span<byte>(_memory, checked((int)bytes));
    }

    private void Wait(nint request)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            while (!mpi.IsDone(ref request))
            {
                Watch?.ThrowIfLost(Stopwatch.GetElapsedTime(began));
                Thread.Yield();
            }
        }
        catch (InvalidOperationException e)
        {
            // MPI has noticed a loss first; who it is the watch will know.
            throw Watch?.Loss(waitForIt: true) ?? (Exception)e;
        }
    }
}
