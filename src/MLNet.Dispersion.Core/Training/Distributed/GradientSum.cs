using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Adds up the gradients of all ranks, in float32, a bucket of fixed size at a time.</summary>
internal sealed class GradientSum(ICollective ranks, int bucketSize = GradientSum.DefaultBucketSize) : IDisposable
{
    /// <summary>Entries of a bucket: 32 MiB.</summary>
    internal const int DefaultBucketSize = 8 << 20;

    private readonly List<(Tensor Gradient, long Start, int Place, int Count)> _pieces = [];
    private Tensor? _bucket;
    private int _filled;

    /// <summary>Replaces each parameter's gradient by the sum over all ranks; one that is there on some ranks alone counts as 0 on the others.</summary>
    /// <param name="parameters">The same on every rank.</param>
    internal void Run(IReadOnlyList<Parameter> parameters)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        FillIn(parameters);
        long needed = parameters.Sum(parameter => parameter.grad?.numel() ?? 0);
        _bucket ??= zeros(Math.Min(bucketSize, Math.Max(1, needed)), ScalarType.Float32, CPU).DetachFromDisposeScope();
        foreach (Parameter parameter in parameters)
        {
            if (parameter.grad is { } gradient)
            {
                Add(gradient.is_contiguous() ? gradient : gradient.contiguous(), gradient);
            }
        }

        Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _bucket?.Dispose();

    /// <summary>Gives this rank a gradient of zeros where others have one.</summary>
    private void FillIn(IReadOnlyList<Parameter> parameters)
    {
        float[] present = [.. parameters.Select(parameter => parameter.grad is null ? 0f : 1f)];
        ranks.Sum(present);
        for (int i = 0; i < present.Length; i++)
        {
            if (present[i] > 0 && parameters[i].grad is null)
            {
                parameters[i].grad = zeros_like(parameters[i]).DetachFromDisposeScope();
            }
        }
    }

    private void Add(Tensor contiguous, Tensor gradient)
    {
        Tensor flat = contiguous.view(-1);
        long length = flat.shape[0];
        for (long start = 0; start < length;)
        {
            int count = (int)Math.Min(_bucket!.shape[0] - _filled, length - start);
            _bucket.narrow(0, _filled, count).copy_(flat.narrow(0, start, count));
            _pieces.Add((flat, start, _filled, count));
            _filled += count;
            start += count;
            if (_filled == _bucket.shape[0])
            {
                Flush();
            }
        }

        if (!ReferenceEquals(contiguous, gradient))
        {
            Flush();
            gradient.copy_(contiguous);
        }
    }

    private void Flush()
    {
        if (_filled == 0)
        {
            return;
        }

        ranks.Sum(TensorMemory.Floats(_bucket!)[.._filled]);
        foreach (var (gradient, start, place, count) in _pieces)
        {
            gradient.narrow(0, start, count).copy_(_bucket!.narrow(0, place, count));
        }

        _pieces.Clear();
        _filled = 0;
    }
}
