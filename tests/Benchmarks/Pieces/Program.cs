using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks.Pieces;

// In this process: the native libraries lie beside it. As in training, freed memory is kept.
HostAllocator.KeepFreedMemory();
if (args is ["kernels"])
{
    return KernelTiering.Run();
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
    args,
    DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(10)));
return 0;
