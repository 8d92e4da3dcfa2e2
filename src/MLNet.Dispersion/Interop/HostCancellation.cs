using System.Reflection;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Whether the MLContext behind a host was cancelled (AutoML does so when its time is up). Hosts that cannot say count as running.</summary>
internal sealed class HostCancellation
{
    private readonly Func<bool>? _isCanceled;

    internal HostCancellation(IHostEnvironment host)
    {
        MethodInfo? getter = host.GetType().GetProperty("IsCanceled", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetMethod;
        _isCanceled = getter?.ReturnType == typeof(bool) ? getter.CreateDelegate<Func<bool>>(host) : null;
    }

    internal bool IsRequested => _isCanceled?.Invoke() ?? false;

    internal void ThrowIfRequested()
    {
        if (IsRequested)
        {
            throw new OperationCanceledException("The MLContext was cancelled.");
        }
    }
}
