using BenchmarkDotNet.Attributes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.Pieces;

/// <summary>Clipping and an AdamW update of 12 matrices of a million weights.</summary>
public class OptimizerPieces
{
    private const double LearningRate = 1e-4;
    private Action _torch = null!;
    private Action _ours = null!;
    private Action _free = null!;

    /// <summary>Weights and gradients.</summary>
    [GlobalSetup]
    public void Create()
    {
        using var generator = new Generator(1, CPU);
        Parameter[] parameters = [.. Enumerable.Range(0, 12).Select(_ => new Parameter(randn([1024, 1024], generator: generator)))];
        var ours = new DecoupledAdamW(0.9, 0.999, 1e-8);
        foreach (var (i, parameter) in parameters.Index())
        {
            parameter.grad = randn([1024, 1024], generator: generator);
            ours.Add($"{i}", parameter, 0.01);
        }

        AdamW torchs = optim.AdamW(parameters, LearningRate);
        _torch = () =>
        {
            nn.utils.clip_grad_norm_(parameters, 1);
            torchs.step();
        };
        _ours = () => ours.Step(LearningRate, Math.Min(1, 1 / (ours.GradientNorm() + 1e-6)));
        _free = () => Array.ForEach([ours, torchs, .. parameters], (IDisposable owned) => owned.Dispose());
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free() => _free();

    /// <summary>torch's clipping and TorchSharp's AdamW.</summary>
    [Benchmark(Baseline = true)]
    public void Torch()
    {
        using var scope = NewDisposeScope();
        _torch();
    }

    /// <summary>One pass for the norm, one for everything else.</summary>
    [Benchmark]
    public void Ours() => _ours();
}
