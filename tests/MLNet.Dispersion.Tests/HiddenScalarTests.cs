using MLNet.Dispersion.Tests.Support;
using TorchSharp;

namespace MLNet.Dispersion.Tests;

/// <summary>No code of ours lets TorchSharp make a Scalar that a garbage collection may free under a native call.</summary>
public sealed class HiddenScalarTests
{
    private const string AllowedType = "MLNet.Dispersion.TensorNumbers";

    public static TheoryData<string> Assemblies() => [.. AssemblyNames];

    private static string[] AssemblyNames =>
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "MLNet.Dispersion*.dll").Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => !name.EndsWith(".Tests", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Assembly_HoldsEveryScalar(string assembly)
    {
        string[] calls = [.. HiddenScalars.In(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), AllowedType)];
        Assert.True(calls.Length == 0, string.Join('\n', calls));
    }

    [Fact]
    public void Scan_CoversTheCore() => Assert.Contains("MLNet.Dispersion.Core", AssemblyNames);

    [Fact]
    public void Scan_OfACallWithANumber_FindsIt() =>
        Assert.Contains(HiddenScalars.In(typeof(HiddenScalarTests).Assembly.Location), call => call.Contains(nameof(WithANumber), StringComparison.Ordinal));

    [Fact]
    public void Scan_OfTheAllowedType_FindsItsScalars() =>
        Assert.Contains(HiddenScalars.In(typeof(ModelSource).Assembly.Location), call => call.StartsWith(AllowedType, StringComparison.Ordinal));

    [Theory]
    [InlineData("op_Addition(TorchSharp.torch/Tensor,System.Double)")]
    [InlineData("op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)")]
    [InlineData("Tensor::square()")]
    public void TorchSharp_HidesScalarsIn(string method) =>
        Assert.Contains(HiddenScalars.MethodsOfTorchSharp, name => name.EndsWith(method, StringComparison.Ordinal));

    private static torch.Tensor WithANumber(torch.Tensor tensor) => tensor + 0.1;
}
