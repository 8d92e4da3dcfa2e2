namespace MLNet.Dispersion.Tests.Files;

public sealed class DirectorySourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-source-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void FindFolder_FolderInside_IsAPlaceOfItsOwn()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "inner"));
        File.WriteAllText(Path.Combine(_folder, "inner", "a.txt"), "x");
        File.WriteAllText(Path.Combine(_folder, "b.txt"), "y");
        var source = new DirectorySource(_folder);

        FileSource inner = Assert.IsAssignableFrom<FileSource>(source.FindFolder("inner"));

        Assert.Equal(["a.txt"], inner.FileNames());
        Assert.Equal("x"u8.ToArray(), inner.ReadAllBytes("a.txt"));
        Assert.Equal(["b.txt"], source.FileNames());
    }

    [Fact]
    public void FindFolder_NoSuchFolderOrAFile_IsNull()
    {
        File.WriteAllText(Path.Combine(_folder, "b.txt"), "y");
        var source = new DirectorySource(_folder);

        Assert.Null(source.FindFolder("inner"));
        Assert.Null(source.FindFolder("b.txt"));
        Assert.Empty(new DirectorySource(Path.Combine(_folder, "nowhere")).FileNames());
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("")]
    public void FindFolder_WayOut_IsRefused(string name) => Assert.Throws<ModelFileException>(() => new DirectorySource(_folder).FindFolder(name));
}
