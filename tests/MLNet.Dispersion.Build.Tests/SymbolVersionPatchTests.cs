using System.Diagnostics;

namespace MLNet.Dispersion.Build.Tests;

public sealed class SymbolVersionPatchTests : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";
    private static readonly DateTime Stamp = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Apply_VersionLacking_ReplacesTheFileWithSameSizeAndTimeStamp()
    {
        byte[] original = ElfSymbolVersionsTests.Sample().ToBytes();
        string path = Write("lib.so", original);

        string? library = SymbolVersionPatch.Apply(path, Version, Lacking);

        Assert.Equal("libstdc++.so.6", library);
        Assert.True(ElfSymbolVersions.ReadNeeds(File.ReadAllBytes(path)).Single(need => need.Version == Version).IsWeak);
        Assert.Equal(original.Length, new FileInfo(path).Length);
        Assert.Equal(Stamp, File.GetLastWriteTimeUtc(path));
        Assert.Equal(["lib.so"], _folder.Names);
    }

    [SkippableFact]
    public void Apply_HardLinkedFile_LeavesThePartnerUntouched()
    {
        Skip.If(OperatingSystem.IsWindows(), "makes the hard link with the Unix command ln");
        byte[] original = ElfSymbolVersionsTests.Sample().ToBytes();
        string cached = Write("cached.so", original);
        string output = _folder.File("output.so");
        using (Process link = Process.Start("ln", [cached, output]))
        {
            link.WaitForExit();
            Assert.Equal(0, link.ExitCode);
        }

        Assert.NotNull(SymbolVersionPatch.Apply(output, Version, Lacking));

        Assert.Equal(original, File.ReadAllBytes(cached));
        Assert.NotEqual(original, File.ReadAllBytes(output));
    }

    [Fact]
    public void Apply_Twice_LeavesTheFileAloneTheSecondTime()
    {
        string path = Write("lib.so", ElfSymbolVersionsTests.Sample().ToBytes());
        SymbolVersionPatch.Apply(path, Version, Lacking);
        byte[] once = File.ReadAllBytes(path);

        Assert.Null(SymbolVersionPatch.Apply(path, Version, (_, _) => throw new InvalidOperationException("asked needlessly")));
        Assert.Equal(once, File.ReadAllBytes(path));
    }

    [Fact]
    public void Apply_SystemProvidesVersion_LeavesTheFileAlone()
    {
        byte[] original = ElfSymbolVersionsTests.Sample().ToBytes();
        string path = Write("lib.so", original);
        (string, ushort) question = default;

        Assert.Null(SymbolVersionPatch.Apply(path, Version, (library, machine) =>
        {
            question = (library, machine);
            return true;
        }));

        Assert.Equal(("libstdc++.so.6", (ushort)62), question);
        Assert.Equal(original, File.ReadAllBytes(path));
    }

    [Fact]
    public void Apply_VersionNotAskedFor_LeavesTheFileAlone()
    {
        byte[] original = new SyntheticElf().Needs("libc.so.6", "GLIBC_2.34").ToBytes();
        string path = Write("lib.so", original);

        Assert.Null(SymbolVersionPatch.Apply(path, Version, Lacking));
        Assert.Equal(original, File.ReadAllBytes(path));
    }

    [Fact]
    public void Apply_SymbolThatMayBeUsed_IsRefusedByName()
    {
        byte[] original = new SyntheticElf().Needs("libstdc++.so.6", Version, 0, "_ZSt21ios_base_library_initv", "_ZSt7needed").ToBytes();
        string path = Write("lib.so", original);

        var error = Assert.Throws<InvalidDataException>(() => SymbolVersionPatch.Apply(path, Version, Lacking));

        Assert.Contains("_ZSt7needed", error.Message, StringComparison.Ordinal);
        Assert.Equal(original, File.ReadAllBytes(path));
    }

    [Fact]
    public void Apply_NoElfFile_LeavesTheFileAlone()
    {
        string path = Write("lib.so", "not a library"u8.ToArray());

        Assert.Null(SymbolVersionPatch.Apply(path, Version, Lacking));
        Assert.Equal("not a library", File.ReadAllText(path));
    }

    private static bool Lacking(string library, ushort machine) => false;

    private string Write(string name, byte[] bytes)
    {
        string path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, Stamp);
        return path;
    }
}
