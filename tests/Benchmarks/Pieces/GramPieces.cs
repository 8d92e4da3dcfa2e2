using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.Pieces;

/// <summary>The two products of the dispersion loss over GPT-2 small's twelve layers, in bfloat16: the floor of what it costs, and two ways to do less or fewer of them.</summary>
public class GramPieces
{
    private const int Layers = 12;
    private const int Half = 128;
    private Tensor[] _layers = null!;
    private Tensor _stack = null!;

    /// <summary>Four sequences of 256 unit rows of 768 features, twelve times.</summary>
    [GlobalSetup]
    public void Create()
    {
        using var generator = new Generator(1, CPU);
        _layers = [.. Enumerable.Range(0, Layers).Select(_ => randn([4, 256, 768], generator: generator).to(ScalarType.BFloat16))];
        _stack = cat(_layers, 0);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free()
    {
        _stack.Dispose();
        foreach (Tensor layer in _layers)
        {
            layer.Dispose();
        }
    }

    /// <summary>One layer after the other, while its pair matrix is in the cache: what the library does.</summary>
    [Benchmark(Baseline = true)]
    public void LayerByLayer()
    {
        foreach (Tensor layer in _layers)
        {
            using var scope = NewDisposeScope();
            layer.bmm(layer.transpose(1, 2)).bmm(layer);
        }
    }

    /// <summary>All layers in one batch; stacking them is not counted.</summary>
    [Benchmark]
    public void AllLayersAtOnce()
    {
        using var scope = NewDisposeScope();
        _stack.bmm(_stack.transpose(1, 2)).bmm(_stack);
    }

    /// <summary>Of the symmetric matrix three quarters alone, the last one mirrored; the second product needs all of it.</summary>
    [Benchmark]
    public void ThreeQuarters()
    {
        foreach (Tensor layer in _layers)
        {
            using var scope = NewDisposeScope();
            Tensor first = layer.narrow(1, 0, Half), second = layer.narrow(1, Half, Half);
            Tensor pairs = empty(4, 2 * Half, 2 * Half, ScalarType.BFloat16);
            Tensor mixed = first.bmm(second.transpose(1, 2));
            pairs.narrow(1, 0, Half).narrow(2, 0, Half).copy_(first.bmm(first.transpose(1, 2)));
            pairs.narrow(1, Half, Half).narrow(2, Half, Half).copy_(second.bmm(second.transpose(1, 2)));
            pairs.narrow(1, 0, Half).narrow(2, Half, Half).copy_(mixed);
            pairs.narrow(1, Half, Half).narrow(2, 0, Half).copy_(mixed.transpose(1, 2));
            pairs.bmm(layer);
        }
    }
}
