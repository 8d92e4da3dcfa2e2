using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Lets the current thread's forward passes of one backbone multiply in a number type of their own until it is disposed, on the same thread; those of other threads go on as they were.</summary>
internal readonly struct ComputeTypeScope : IDisposable
{
    [ThreadStatic]
    private static (ForwardContext Context, ScalarType Type)? _current;

    private readonly (ForwardContext Context, ScalarType Type)? _outer;

    internal ComputeTypeScope(ForwardContext context, ScalarType type)
    {
        _outer = _current;
        _current = (context, type);
    }

    /// <summary>The type that this thread has chosen for a backbone; null when it has chosen none.</summary>
    internal static ScalarType? Of(ForwardContext context) => _current is { } current && ReferenceEquals(current.Context, context) ? current.Type : null;

    public void Dispose() => _current = _outer;
}
