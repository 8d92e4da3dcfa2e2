using TorchSharp;

namespace MLNet.Dispersion.Tests.Torch;

public class DeviceNameTests
{
    [Theory]
    [InlineData("auto", 0, false, DeviceType.CPU, -1)]
    [InlineData("auto", 2, false, DeviceType.CUDA, 0)]
    [InlineData("auto", 0, true, DeviceType.CPU, -1)]
    [InlineData("cpu", 2, true, DeviceType.CPU, -1)]
    [InlineData(" CUDA ", 1, false, DeviceType.CUDA, 0)]
    [InlineData("cuda:1", 2, false, DeviceType.CUDA, 1)]
    [InlineData("mps", 0, true, DeviceType.MPS, -1)]
    public void Resolve_AvailableDevice_IsFound(string name, int gpus, bool mps, DeviceType type, int index) =>
        Assert.Equal((type, index), DeviceName.Parse(name).Resolve(() => gpus, () => mps));

    [Theory]
    [InlineData("cuda", 0, "'cuda:0'", "no CUDA device")]
    [InlineData("cuda:0", 0, "'cuda:0'", "TorchSharp-cuda-windows")]
    [InlineData("cuda:2", 2, "'cuda:2'", "cuda:0 to cuda:1")]
    [InlineData("mps", 0, "'mps'", "Apple silicon")]
    public void Resolve_AbsentDevice_NamesDeviceAndLimit(string name, int gpus, string device, string limit)
    {
        var error = Assert.Throws<TorchUnavailableException>(() => DeviceName.Parse(name).Resolve(() => gpus, () => false));

        Assert.Contains(device, error.Message, StringComparison.Ordinal);
        Assert.Contains(limit, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_Cpu_AsksNoDevice() =>
        DeviceName.Parse("cpu").Resolve(
            () => throw new InvalidOperationException("asked for GPUs"), () => throw new InvalidOperationException("asked for MPS"));

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("cuda:99999999999")]
    [InlineData("cpu:0")]
    public void Parse_UnknownName_NamesItAndTheKnownOnes(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => DeviceName.Parse(name));

        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("cuda:N", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Null_IsRefused() => Assert.Throws<ArgumentNullException>(() => DeviceName.Parse(null!));
}
