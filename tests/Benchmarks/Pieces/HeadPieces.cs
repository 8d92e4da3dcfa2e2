using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.Pieces;

/// <summary>Cross-entropy of a language-model head, value and gradients: in chunks, and over all logits at once.</summary>
public class HeadPieces
{
    private Tensor _hidden = null!;
    private Tensor _weight = null!;
    private Tensor _targets = null!;

    /// <summary>Tokens in the vocabulary (V): a small one and GPT-2's.</summary>
    [Params(8192, 50257)]
    public int Vocabulary { get; set; }

    /// <summary>1024 positions of 384 features.</summary>
    [GlobalSetup]
    public void Create()
    {
        using var generator = new Generator(1, CPU);
        _hidden = randn([1024, 384], generator: generator).requires_grad_();
        _weight = randn([Vocabulary, 384], generator: generator).mul(0.02).requires_grad_();
        _targets = randint(0, Vocabulary, [1024], ScalarType.Int64, generator: generator);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free()
    {
        _hidden.Dispose();
        _weight.Dispose();
        _targets.Dispose();
    }

    /// <summary>torch's own, all logits at once, float32.</summary>
    [Benchmark(Baseline = true)]
    public double Torch()
    {
        using var scope = NewDisposeScope();
        return Differentiate(nn.functional.cross_entropy(nn.functional.linear(_hidden, _weight), _targets, reduction: nn.Reduction.Sum));
    }

    /// <summary>In chunks.</summary>
    [Benchmark]
    public double Float32() => Ours(ScalarType.Float32);

    /// <summary>In chunks with bfloat16 products and logits.</summary>
    [Benchmark]
    public double BFloat16() => Ours(ScalarType.BFloat16);

    private double Ours(ScalarType computeType)
    {
        using var scope = NewDisposeScope();
        return Differentiate(HeadCrossEntropy.Sum(_hidden, _weight, _targets, computeType));
    }

    private double Differentiate(Tensor loss)
    {
        loss.backward();
        _hidden.grad = null;
        _weight.grad = null;
        return loss.item<float>();
    }
}
