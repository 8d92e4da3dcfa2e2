namespace MLNet.Dispersion.Build.Tests;

public sealed class WeakenCommandTests : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_OddFilesAmongGoodOnes_WarnsOfEachAndTreatsTheRest()
    {
        byte[] good = ElfSymbolVersionsTests.Sample().ToBytes();
        string first = Write("first.so", good);
        string cut = Write("cut.so", good[..200]);
        string absent = _folder.File("absent.so");
        string last = Write("last.so", good);
        using var output = new StringWriter();

        int code = WeakenCommand.Run(Version, always: true, [first, cut, absent, last], output);

        string[] lines = output.ToString().Split(output.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, code);
        Assert.Equal(4, lines.Length);
        Assert.StartsWith($"MLNet.Dispersion: {first} ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{cut} : warning MLND001: ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"{absent} : warning MLND001: ", lines[2], StringComparison.Ordinal);
        Assert.StartsWith($"MLNet.Dispersion: {last} ", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FileTreatedBefore_SaysNothing()
    {
        string path = Write("lib.so", ElfSymbolVersionsTests.Sample().ToBytes());
        WeakenCommand.Run(Version, always: true, [path], TextWriter.Null);
        using var output = new StringWriter();

        WeakenCommand.Run(Version, always: true, [path], output);

        Assert.Empty(output.ToString());
    }

    private string Write(string name, byte[] bytes)
    {
        string path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
