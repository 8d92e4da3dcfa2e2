namespace MLNet.Dispersion.Tests.Files;

public sealed class WholeFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-files-").FullName;

    private string Target => Path.Combine(_folder, "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Save_NewDirectory_AppearsWholeOrNotAtAll()
    {
        Assert.Throws<ModelFileException>(() => WholeDirectory.Save(Target, sink => Fail(sink, "a"), _ => false));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
        WholeDirectory.Save(Target, sink => Write(sink, "a", "b"), _ => false);
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
        Assert.Equal(["a", "b"], Names());
    }

    [Fact]
    public void Save_DirectoryThatIsThere_LosesTheFormerSetOnly()
    {
        WholeDirectory.Save(Target, sink => Write(sink, "shard-1", "shard-2", "other"), _ => false);
        WholeDirectory.Save(Target, sink => Write(sink, "shard-1"), name => name.StartsWith("shard", StringComparison.Ordinal));
        Assert.Equal(["other", "shard-1"], Names());
        WholeDirectory.SaveBeside(Target, sink => Write(sink, "beside"));
        Assert.Equal(["beside", "other", "shard-1"], Names());
    }

    [Fact]
    public void Write_FileThatFails_LeavesTheFormerOne()
    {
        string path = Path.Combine(_folder, "deep", "a.txt");
        WholeFile.Write(path, "one"u8.ToArray());
        Assert.Throws<IOException>(() => new DirectorySink(Path.GetDirectoryName(path)!).Write("a.txt", _ => throw new IOException("full")));
        Assert.Equal("one", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
        Assert.Throws<ArgumentException>(() => WholeFile.Write(_folder, default));
        WholeDirectory.FlushNames(_folder);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Throws<IOException>(() => WholeDirectory.FlushNames(Path.Combine(_folder, "nowhere")));
        }
    }

    [Fact]
    public void Read_NameWithAFolder_IsRefused()
    {
        File.WriteAllText(Path.Combine(_folder, "a.txt"), "a");
        Assert.Equal("a"u8.ToArray(), new DirectorySource(_folder).ReadAllBytes("a.txt"));
        Directory.CreateDirectory(Target);
        Assert.Throws<ModelFileException>(() => new DirectorySource(Target).ReadAllBytes("../a.txt"));
        Assert.Throws<ModelFileException>(() => new DirectorySource(Target).ReadAllBytes("a.txt"));
    }

    private static string[] Write(FileSink sink, params string[] names)
    {
        foreach (string name in names)
        {
            sink.Write(name, stream => stream.WriteByte(1));
        }

        return names;
    }

    private static string[] Fail(FileSink sink, string name)
    {
        Write(sink, name);
        throw new IOException("full");
    }

    private IEnumerable<string?> Names() => Directory.GetFiles(Target).Select(Path.GetFileName).Where(name => name != SavedManifest.FileName).Order();
}
