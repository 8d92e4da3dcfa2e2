namespace MLNet.Dispersion.Files.Tests;

public sealed class ResourceSourceTests
{
    private readonly ResourceSource _source = new(typeof(ResourceSourceTests).Assembly, "Embedded");

    [Fact]
    public void FileNames_OfAPlaceWithAFolder_AreThoseDirectlyInIt() => Assert.Equal(["outer.json"], _source.FileNames());

    [Fact]
    public void FindFolder_OfItsName_IsAPlaceOfItsOwn()
    {
        FileSource inner = _source.FindFolder("inner")!;

        Assert.Equal(["inner.json"], inner.FileNames());
        Assert.Equal("[]"u8.ToArray(), inner.ReadAllBytes("inner.json"));
        Assert.EndsWith("Embedded/inner", inner.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inn")]
    [InlineData("outer.json")]
    [InlineData("other")]
    public void FindFolder_OfAnotherName_IsNull(string name) => Assert.Null(_source.FindFolder(name));

    [Fact]
    public void Read_MissingFile_NamesIt() => Assert.Contains("none.json", Assert.Throws<ModelFileException>(() => _source.ReadAllBytes("none.json")).Message, StringComparison.Ordinal);
}
