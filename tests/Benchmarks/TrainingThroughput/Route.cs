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

    /// <summary>The same with activation checkpointing.</summary>
    Checkpointed,

    /// <summary>A low-rank adapter alone, in float32.</summary>
    LoraFloat32,

    /// <summary>A low-rank adapter alone, in mixed precision.</summary>
    LoraBFloat16Mixed,
}

/// <summary>What a route computes in.</summary>
internal static class RouteExtensions
{
    /// <summary>The library's option.</summary>
    public static Precision Precision(this Route route) => route is Route.Stock or Route.Float32 or Route.LoraFloat32 ? Dispersion.Precision.Float32 : Dispersion.Precision.BFloat16Mixed;

    /// <summary>Whether an adapter alone is trained.</summary>
    public static bool IsLora(this Route route) => route is Route.LoraFloat32 or Route.LoraBFloat16Mixed;

    /// <summary>The type of matrix products.</summary>
    public static ScalarType ProductType(this Route route) => route.Precision() == Dispersion.Precision.Float32 ? ScalarType.Float32 : ScalarType.BFloat16;
}
