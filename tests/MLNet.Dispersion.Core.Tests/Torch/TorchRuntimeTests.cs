using TorchSharp;

namespace MLNet.Dispersion.Tests.Torch;

public class TorchRuntimeTests
{
    [Fact]
    public void EnsureLoaded_TestsOwnLibTorch_LetsTensorsBeMade()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();

        using torch.Tensor ones = torch.ones(2, 3);
        using torch.Tensor product = ones.mm(ones.t());
        Assert.Equal(12f, product.sum().item<float>());
    }

    [Fact]
    public void SelectDevice_Cpu_IsTheCpu() => Assert.Equal(DeviceType.CPU, TorchRuntime.SelectDevice("cpu").type);

    [Fact]
    public void SelectDevice_Auto_FollowsCudaAvailability()
    {
        DeviceType expected = torch.cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU;

        Assert.Equal(expected, TorchRuntime.SelectDevice("auto").type);
    }

    [SkippableFact]
    public void SelectDevice_CudaWithoutGpu_NamesDeviceAndCure()
    {
        Skip.If(torch.cuda.is_available(), "this machine has a GPU");

        var error = Assert.Throws<TorchUnavailableException>(() => TorchRuntime.SelectDevice("cuda:1"));

        Assert.Contains("'cuda:1'", error.Message, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cuda-linux", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_Loaded_NamesSystemVersionsAndDevices()
    {
        string[] lines = TorchRuntime.Describe().Split(Environment.NewLine);

        Assert.Equal(
            ["OS", ".NET", "TorchSharp", "BFloat16 in the processor", "libtorch", "CUDA", "Threads"],
            lines.Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.Contains($"TorchSharp: {typeof(torch).Assembly.GetName().Version}", lines);
        Assert.Contains($"libtorch: {torch.__version__}", lines);
    }

    [SkippableFact]
    public void HasBFloat16Hardware_OnLinux_AgreesWithTheKernel()
    {
        Skip.IfNot(File.Exists("/proc/cpuinfo"), "no /proc/cpuinfo on this system");

        string[] flags = File.ReadAllText("/proc/cpuinfo").Split([' ', '\n', '\t']);

        Assert.Equal(flags.Contains("avx512_bf16"), TorchRuntime.HasBFloat16Hardware);
    }
}
