using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.Pieces;

/// <summary>The paper's dispersion loss of one layer, value and gradient: ours, and the formula as one writes it down.</summary>
public class DispersionPieces
{
    private readonly DispersionOptions _options = new();
    private Tensor _states = null!;
    private Tensor _pair = null!;

    /// <summary>Features (F): those of a small model and of GPT-2 small.</summary>
    [Params(384, 768)]
    public int Features { get; set; }

    /// <summary>Four sequences of 256 tokens.</summary>
    [GlobalSetup]
    public void Create()
    {
        using var generator = new Generator(1, CPU);
        _states = randn([4, 256, Features], generator: generator).requires_grad_();
        _pair = eye(256, dtype: ScalarType.Bool).logical_not().unsqueeze(0);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free()
    {
        _states.Dispose();
        _pair.Dispose();
    }

    /// <summary>Plain operations and automatic differentiation.</summary>
    [Benchmark(Baseline = true)]
    public double Naive()
    {
        using var scope = NewDisposeScope();
        Tensor rows = _states / (_states.norm(2, keepdim: true, p: 2f) + _options.Epsilon);
        Tensor distances = rows.bmm(rows.transpose(1, 2)).clamp(_options.ClampThreshold - 1, 1 - _options.ClampThreshold).acos() / Math.PI;
        Tensor loss = (-distances / _options.TauCos).masked_fill(_pair.logical_not(), double.NegativeInfinity).flatten(1).logsumexp(1).mean();
        return Differentiate(loss);
    }

    /// <summary>One function with its gradient in closed form.</summary>
    [Benchmark]
    public double Float32() => Ours(ScalarType.Float32);

    /// <summary>The same with bfloat16 products.</summary>
    [Benchmark]
    public double BFloat16() => Ours(ScalarType.BFloat16);

    private double Ours(ScalarType productType)
    {
        using var scope = NewDisposeScope();
        return Differentiate(DispersionLoss.Compute(_states, null, _options, productType));
    }

    private double Differentiate(Tensor loss)
    {
        loss.backward();
        _states.grad = null;
        return loss.item<float>();
    }
}
