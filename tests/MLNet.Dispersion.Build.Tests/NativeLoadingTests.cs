using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Build.Tests;

public class NativeLoadingTests
{
    [SkippableFact]
    public void Load_TorchSharpLibraryOfOutputFolder_Succeeds()
    {
        string runtime = OperatingSystem.IsLinux() ? "linux-x64" : "";
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", runtime, "native", "libLibTorchSharp.so");
        Skip.IfNot(File.Exists(path), "no libLibTorchSharp.so in the output folder: this is not Linux x64");

        Assert.NotEqual(0, NativeLibrary.Load(path));
    }
}
