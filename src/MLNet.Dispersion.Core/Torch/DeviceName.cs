using System.Globalization;
using TorchSharp;

namespace MLNet.Dispersion;

/// <summary>A device as users write it: what was asked for, before it is known whether it is there.</summary>
/// <param name="Type">The kind of device; null for <c>auto</c>.</param>
/// <param name="Index">Which of several GPUs; -1 where none was named.</param>
internal readonly record struct DeviceName(DeviceType? Type, int Index)
{
    private const string CudaPrefix = "cuda:";
    private const int NoIndex = -1;

    /// <summary>Reads a device's name.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static DeviceName Parse(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        string name = device.Trim().ToLowerInvariant();
        return name switch
        {
            "auto" => new(null, NoIndex),
            "cpu" => new(DeviceType.CPU, NoIndex),
            "cuda" => new(DeviceType.CUDA, 0),
            "mps" => new(DeviceType.MPS, NoIndex),
            _ when name.StartsWith(CudaPrefix, StringComparison.Ordinal)
                && int.TryParse(name[CudaPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                => new(DeviceType.CUDA, index),
            _ => throw new ArgumentException(
                $"'{device}' is no device. Use auto, cpu, cuda, cuda:N (N = 0, 1, ...) or mps.", nameof(device)),
        };
    }

    /// <summary>Decides what <c>auto</c> means here and makes sure that the device is there.</summary>
    /// <param name="countCudaDevices">Counts the GPUs that libtorch can use; asked only where it matters.</param>
    /// <param name="hasMps">Whether libtorch can use Apple's GPU; asked only where it matters.</param>
    /// <exception cref="TorchUnavailableException">The device is not there.</exception>
    public (DeviceType Type, int Index) Resolve(Func<int> countCudaDevices, Func<bool> hasMps)
    {
        switch (Type)
        {
            case null:
                return countCudaDevices() > 0 ? (DeviceType.CUDA, 0) : (DeviceType.CPU, NoIndex);
            case DeviceType.CUDA:
                RequireCuda(Index, countCudaDevices());
                break;
            case DeviceType.MPS when !hasMps():
                throw new TorchUnavailableException(
                    "The device 'mps' is not available: it needs a Mac with Apple silicon. Use 'auto' or 'cpu'.");
        }

        return (Type.Value, Index);
    }

    private static void RequireCuda(int index, int count)
    {
        if (count == 0)
        {
            throw new TorchUnavailableException(
                $"The device 'cuda:{index}' is not available: libtorch finds no CUDA device. It needs an NVIDIA GPU with its driver, "
                + "and the package TorchSharp-cuda-windows or TorchSharp-cuda-linux in the application in place of libtorch-cpu. "
                + "Or use 'auto' or 'cpu'.");
        }

        if (index >= count)
        {
            throw new TorchUnavailableException(
                $"The device 'cuda:{index}' is not available: there are {count} CUDA devices, cuda:0 to cuda:{count - 1}.");
        }
    }
}
