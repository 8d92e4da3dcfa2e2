using MLNet.Dispersion.Training;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>Who makes the steps.</summary>
internal enum Route
{
    /// <summary>Plain TorchSharp in float32.</summary>
    Stock,

    /// <summary>The library in float32.</summary>
    Float32,

    /// <summary>The library in mixed precision.</summary>
    BFloat16Mixed,
}

/// <summary>What a route computes in.</summary>
internal static class RouteExtensions
{
    /// <summary>The library's option.</summary>
    public static Precision Precision(this Route route) => route == Route.BFloat16Mixed ? Training.Precision.BFloat16Mixed : Training.Precision.Float32;

    /// <summary>The type of matrix products.</summary>
    public static ScalarType ProductType(this Route route) => route == Route.BFloat16Mixed ? ScalarType.BFloat16 : ScalarType.Float32;
}
