using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Build.Tests;

public class NativeLoadingTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");
    private static readonly string Library = Path.Combine(Folder, "libLibTorchSharp.so");

    [SkippableFact]
    public void Load_TorchSharpLibraryOfOutputFolder_Succeeds()
    {
        SkipElsewhere();

        Assert.NotEqual(0, NativeLibrary.Load(Library));
    }

    [SkippableFact]
    public void ReadNeeds_TorchSharpLibraryOfOutputFolder_InsistsOnNothingThatThisSystemLacks()
    {
        SkipElsewhere();

        IReadOnlyList<ElfVersionNeed> needs = ElfSymbolVersions.ReadNeeds(File.ReadAllBytes(Library));

        ElfVersionNeed need = Assert.Single(needs, need => need.Version == "GLIBCXX_3.4.32");
        Assert.Equal(["_ZSt21ios_base_library_initv"], need.Symbols);
        Assert.True(need.IsWeak || SystemLibrary.Provides(need.Library, need.Version, machine: 62));
        Assert.True(needs.Count(other => other.Library == "libstdc++.so.6") > 10);
    }

    private static void SkipElsewhere() => Skip.IfNot(
        OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64 && File.Exists(Path.Combine(Folder, "libtorch.so")),
        "this is not Linux x64, or TorchBackend is none");
}
