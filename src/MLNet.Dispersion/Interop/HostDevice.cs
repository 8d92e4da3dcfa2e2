using System.Reflection;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Where an MLContext wants to compute. ML.NET keeps this of the environments behind a context to itself.</summary>
/// <param name="GpuDeviceId">The number of the GPU; null where none is named.</param>
/// <param name="FallbackToCpu">Whether the CPU will do where that cannot be used.</param>
internal sealed record HostDevice(int? GpuDeviceId, bool FallbackToCpu)
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>What the context behind an environment says as it is now, not as it was when the environment was made. Those that cannot say name no GPU.</summary>
    internal static HostDevice Of(IHostEnvironment environment)
    {
        object owner = environment.GetType().GetField("Root", Members)?.GetValue(environment) ?? environment;
        return new HostDevice(Property(owner, nameof(GpuDeviceId)) as int?, Property(owner, nameof(FallbackToCpu)) is true);
    }

    private static object? Property(object of, string name) => of.GetType().GetProperty(name, Members)?.GetValue(of);
}
