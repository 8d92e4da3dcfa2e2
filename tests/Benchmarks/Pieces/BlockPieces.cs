using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.Pieces;

/// <summary>What a GPT-2 block does between its matrix products, in bfloat16, value and gradient: torch's operations and ours.</summary>
public class BlockPieces
{
    private readonly ForwardContext _context = new() { ComputeType = ScalarType.BFloat16 };
    private Tensor _query = null!;
    private Tensor _key = null!;
    private Tensor _value = null!;
    private Tensor _wide = null!;
    private Tensor _future = null!;

    /// <summary>Four sequences of 256 tokens, 12 heads of 64 features; an MLP of 3072.</summary>
    [GlobalSetup]
    public void Create()
    {
        using var generator = new Generator(1, CPU);
        Tensor Random(params long[] shape) => randn(shape, generator: generator).to(ScalarType.BFloat16).requires_grad_();
        (_query, _key, _value) = (Random(4, 12, 256, 64), Random(4, 12, 256, 64), Random(4, 12, 256, 64));
        _wide = Random(4, 256, 3072);
        _future = ones(256, 256, ScalarType.Bool).triu(1);
        _context.DropoutGenerator = new Generator(2, CPU);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free()
    {
        _query.Dispose();
        _key.Dispose();
        _value.Dispose();
        _wide.Dispose();
        _future.Dispose();
        _context.DropoutGenerator?.Dispose();
    }

    /// <summary>torch's fused attention.</summary>
    [Benchmark]
    public void TorchAttention()
    {
        using var scope = NewDisposeScope();
        nn.functional.scaled_dot_product_attention(_query, _key, _value, is_casual: true).sum().backward();
        Clear();
    }

    /// <summary>Explicit products.</summary>
    [Benchmark]
    public void OurAttention()
    {
        using var scope = NewDisposeScope();
        CausalAttention.Attend(_context, _query, _key, _value, new CausalMask(null)).sum().backward();
        Clear();
    }

    /// <summary>Attention with GPT-2's dropout as one writes it down, its mask drawn and kept by torch.</summary>
    [Benchmark]
    public void TorchAttentionWithDropout()
    {
        using var scope = NewDisposeScope();
        Tensor scores = (_query.matmul(_key.transpose(2, 3)).to(ScalarType.Float32) * 0.125).masked_fill(_future, double.NegativeInfinity);
        Tensor probabilities = scores.softmax(-1).to(ScalarType.BFloat16);
        Tensor kept = empty_like(scores).bernoulli_(0.9, _context.DropoutGenerator).div_(0.9);
        (probabilities * kept.to(ScalarType.BFloat16)).matmul(_value).sum().backward();
        Clear();
    }

    /// <summary>The same with a mask that is made again instead of kept.</summary>
    [Benchmark]
    public void OurAttentionWithDropout()
    {
        using var scope = NewDisposeScope();
        CausalAttention.Attend(_context, _query, _key, _value, new CausalMask(null), dropout: 0.1).sum().backward();
        Clear();
    }

    /// <summary>torch's GELU.</summary>
    [Benchmark]
    public void TorchGelu()
    {
        using var scope = NewDisposeScope();
#if TORCHSHARP_HAS_TANH_GELU
        nn.functional.gelu(_wide, TorchSharp.Modules.GELU.Approximate.tanh).sum().backward();
#else
        nn.functional.gelu(_wide).sum().backward();
#endif
        Clear();
    }

    /// <summary>One pass with one exponential.</summary>
    [Benchmark]
    public void OurGelu()
    {
        using var scope = NewDisposeScope();
        TanhGelu.Of(_wide).sum().backward();
        Clear();
    }

    private void Clear()
    {
        foreach (Tensor tensor in new[] { _query, _key, _value, _wide })
        {
            tensor.grad = null;
        }
    }
}
