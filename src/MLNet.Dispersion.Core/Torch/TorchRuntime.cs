using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace MLNet.Dispersion;

/// <summary>
/// What this process can compute with: whether libtorch loads, on which devices, how fast. All members may be called from
/// several threads at once.
/// </summary>
public static class TorchRuntime
{
    private const int BFloat16Leaf = 7;
    private const int BFloat16SubLeaf = 1;
    private const int BFloat16Bit = 5;

    private static readonly Lazy<(string Message, Exception Cause)?> LoadFailure = new(Load);

    /// <summary>
    /// Gets whether the processor multiplies matrices of bfloat16 in hardware (AVX-512 BF16), which is several times faster than
    /// float32. False on processors other than x86, where .NET does not tell. Says nothing of GPUs.
    /// </summary>
    public static bool HasBFloat16Hardware { get; } =
        X86Base.IsSupported
        && Avx512F.IsSupported
        && X86Base.CpuId(0, 0).Eax >= BFloat16Leaf
        && X86Base.CpuId(BFloat16Leaf, 0).Eax >= BFloat16SubLeaf
        && ((X86Base.CpuId(BFloat16Leaf, BFloat16SubLeaf).Eax >> BFloat16Bit) & 1) == 1;

    /// <summary>
    /// Loads libtorch, once per process; later calls cost nothing. Whatever uses a tensor loads it too, but fails with an
    /// error that names neither the cause nor the cure.
    /// </summary>
    /// <exception cref="TorchUnavailableException">libtorch does not load: no or the wrong native package, an old system, an unsupported platform.</exception>
    public static void EnsureLoaded()
    {
        if (LoadFailure.Value is { } failure)
        {
            throw new TorchUnavailableException(failure.Message, failure.Cause);
        }
    }

    /// <summary>Finds the device of a name, after making sure that it can be used here.</summary>
    /// <param name="device">
    /// <c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c> (the first GPU), <c>cuda:N</c> (GPU number N,
    /// from 0), or <c>mps</c> (Apple's GPUs). Case and surrounding space do not matter.
    /// </param>
    /// <returns>The device.</returns>
    /// <exception cref="ArgumentException">The name is none of these.</exception>
    /// <exception cref="TorchUnavailableException">The device is not available here, or libtorch does not load.</exception>
    public static torch.Device SelectDevice(string device)
    {
        DeviceName name = DeviceName.Parse(device);
        EnsureLoaded();
        (DeviceType type, int index) = name.Resolve(CountCudaDevices, torch.mps_is_available);
        return new torch.Device(type, index);
    }

    /// <summary>
    /// Describes the system, the versions and the devices in a few lines, for logs and bug reports. Never throws: where
    /// libtorch does not load, the description says why.
    /// </summary>
    /// <returns>One line a fact, each <c>name: value</c>.</returns>
    public static string Describe()
    {
        List<string> lines =
        [
            $"OS: {RuntimeInformation.OSDescription.Trim()} ({RuntimeInformation.RuntimeIdentifier})",
            $".NET: {RuntimeInformation.FrameworkDescription}",
            $"TorchSharp: {TorchInstallation.TorchSharpVersion}",
            $"BFloat16 in the processor: {(HasBFloat16Hardware ? "yes" : "no")}",
        ];
        lines.AddRange(LoadFailure.Value is { } failure ? [$"libtorch: does not load. {failure.Message}"] : DescribeLibTorch());
        return string.Join(Environment.NewLine, lines);
    }

    private static string[] DescribeLibTorch()
    {
        int gpus = CountCudaDevices();
        return
        [
            $"libtorch: {torch.__version__}",
            $"CUDA: {(gpus > 0 ? $"{gpus} device(s)" : "no")}",
            $"Threads: {torch.get_num_threads()} of {Environment.ProcessorCount} processors",
        ];
    }

    private static (string Message, Exception Cause)? Load()
    {
        TorchInstallation installation = TorchInstallation.Find();
        try
        {
            // TorchSharp's own attempt writes pages to the console and copies half a gigabyte before it gives up.
            if (installation.LoaderError is { } error && TorchLoadFailure.IsSystemTooOld(error.Message))
            {
                return (TorchLoadFailure.Explain(error, installation), error);
            }

            torch.InitializeDeviceType(DeviceType.CPU);
            return null;
        }
        catch (Exception e) when (TorchLoadFailure.IsOne(e))
        {
            return (TorchLoadFailure.Explain(e, installation), e);
        }
    }

    private static int CountCudaDevices() => torch.cuda.is_available() ? torch.cuda.device_count() : 0;
}
