using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>Turns the precision option into the number type of matrix products.</summary>
internal static class PrecisionResolver
{
    internal static ScalarType ComputeType(Precision precision, Device device) => precision switch
    {
        Precision.Float32 => ScalarType.Float32,
        Precision.BFloat16Mixed => ScalarType.BFloat16,
        _ => HasFastBFloat16(device) ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    private static bool HasFastBFloat16(Device device) => device.type switch
    {
        DeviceType.CPU => TorchRuntime.HasBFloat16Hardware,
        DeviceType.CUDA => true,
        _ => false,
    };
}
