using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Turns the precision option into the number type of matrix products.</summary>
internal static class PrecisionResolver
{
    internal static ScalarType ComputeType(Precision precision, Device device) => precision switch
    {
        Precision.Float32 => ScalarType.Float32,
        Precision.BFloat16Mixed => ScalarType.BFloat16,
        _ => device.type == DeviceType.CPU && TorchRuntime.HasBFloat16Hardware ? ScalarType.BFloat16 : ScalarType.Float32,
    };
}
