namespace MLNet.Dispersion.Tests.Torch;

public class TorchLoadFailureTests
{
    private const string LoaderMessage =
        "Unable to load shared library '/app/libLibTorchSharp.so' or one of its dependencies.\n"
        + "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)";

    private static readonly TorchInstallation Linux = new(
        "linux-x64", new Version(0, 107, 0, 0), "/app/libLibTorchSharp.so", "/app/libtorch_cpu.so", LoaderError: null);

    private static readonly NotSupportedException NoReference = new(
        "This application or script uses TorchSharp but doesn't contain a reference to libtorch-cpu-linux-x64, Version=2.10.0.0.\n\nTrace");

    [Fact]
    public void Explain_NoLibTorch_NamesPackageAndVersionToAdd()
    {
        string message = Explain(NoReference, Linux with { LibTorch = null });

        Assert.Contains("dotnet add package libtorch-cpu-linux-x64 --version 2.10.0", message, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cuda-linux", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("win-x64", "libtorch-cpu-win-x64", "TorchSharp-cuda-windows")]
    [InlineData("osx-arm64", "libtorch-cpu-osx-arm64", "dotnet add package")]
    public void Explain_NoLibTorchElsewhere_NamesThatPlatformsPackage(string platform, string package, string other)
    {
        string message = Explain(new DllNotFoundException("LibTorchSharp"), Linux with { Platform = platform, LibTorch = null });

        Assert.Contains(package, message, StringComparison.Ordinal);
        Assert.Contains(other, message, StringComparison.Ordinal);
        Assert.DoesNotContain("linux", message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Explain_SymbolVersionMissing_NamesItAndTheBuildStep()
    {
        var loader = new DllNotFoundException(LoaderMessage);

        Assert.All(
            [Explain(loader, Linux), Explain(NoReference, Linux with { LoaderError = loader })],
            message =>
            {
                Assert.Contains("GLIBCXX_3.4.32", message, StringComparison.Ordinal);
                Assert.Contains("MLNetDispersionWeakenSymbolVersions", message, StringComparison.Ordinal);
                Assert.Contains("/app/libLibTorchSharp.so", message, StringComparison.Ordinal);
            });
        Assert.True(TorchLoadFailure.IsSystemTooOld(LoaderMessage));
    }

    [Fact]
    public void Explain_CLibraryTooOld_SaysThatOnlyANewerSystemHelps()
    {
        var loader = new DllNotFoundException("/lib/libc.so.6: version `GLIBC_2.34' not found (required by /app/libLibTorchSharp.so)");

        string message = Explain(loader, Linux);

        Assert.Contains("GLIBC_2.34", message, StringComparison.Ordinal);
        Assert.Contains("newer Linux distribution", message, StringComparison.Ordinal);
        Assert.DoesNotContain("MLNetDispersionWeakenSymbolVersions", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_Windows0107_NamesTheIssueAndTheVersionThatLoads()
    {
        TorchInstallation windows = Linux with { Platform = "win-x64" };

        Assert.Contains("issues/1567", Explain(NoReference, windows), StringComparison.Ordinal);
        Assert.Contains("0.106.0", Explain(NoReference, windows), StringComparison.Ordinal);
        Assert.DoesNotContain("1567", Explain(NoReference, windows with { TorchSharp = new Version(0, 106, 0, 0) }), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_VersionsMixed_SaysThatTheyMustBeOfOneVersion()
    {
        Exception[] errors =
        [
            new EntryPointNotFoundException("Unable to find an entry point named 'THSTensor_x'"),
            new MissingMethodException("Method not found: 'TorchSharp.torch.x'"),
            new FileLoadException("Could not load file or assembly 'TorchSharp, Version=0.107.0.0'"),
            new DllNotFoundException("libLibTorchSharp.so: undefined symbol: _ZN3c10"),
        ];

        Assert.All(errors, error => Assert.Contains("one version of TorchSharp and the libtorch package made for it", Explain(error, Linux), StringComparison.Ordinal));
        Assert.All(errors, error => Assert.DoesNotContain("Microsoft.ML", Explain(error, Linux), StringComparison.Ordinal));
    }

    [Fact]
    public void Explain_UnsupportedPlatform_ListsTheSupportedOnes()
    {
        string message = Explain(NoReference, Linux with { Platform = "linux-arm64", Wrapper = null, LibTorch = null });

        Assert.Contains("linux-arm64", message, StringComparison.Ordinal);
        Assert.Contains("linux-x64, win-x64, win-arm64, osx-arm64", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AnythingElse_PassesOnWhatTheLoaderSays()
    {
        TorchInstallation installation = Linux with { LoaderError = new DllNotFoundException("libgomp.so.1: cannot open shared object file") };

        string message = Explain(NoReference, installation);

        Assert.Contains("libgomp.so.1: cannot open shared object file", message, StringComparison.Ordinal);
        Assert.Contains("/app/libtorch_cpu.so", message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsOne_OtherErrors_AreNot()
    {
        Assert.True(TorchLoadFailure.IsOne(new TypeInitializationException("TorchSharp.torch", NoReference)));
        Assert.True(TorchLoadFailure.IsOne(new DllNotFoundException()));
        Assert.False(TorchLoadFailure.IsOne(new InvalidOperationException()));
        Assert.False(TorchLoadFailure.IsOne(new ArgumentException("x")));
    }

    // As they arrive: wrapped by the failed static constructor.
    private static string Explain(Exception error, TorchInstallation installation) =>
        TorchLoadFailure.Explain(new TypeInitializationException("TorchSharp.torch", error), installation);
}
