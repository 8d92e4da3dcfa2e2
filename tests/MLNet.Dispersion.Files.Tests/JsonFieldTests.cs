using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Files;

public sealed class JsonFieldTests
{
    [Fact]
    public void Get_ValuesOfEveryKind_AreThem()
    {
        JsonField root = Read("""{"a": {"b": [1, 2.5, "c", true, null]}}""");
        JsonField[] items = [.. root.Get("a").Get("b").Items()];
        Assert.Equal(1, items[0].AsIndex(1, "a place"));
        Assert.Equal(2.5f, items[1].AsSingle());
        Assert.Equal("c", items[2].AsString());
        Assert.True(items[3].AsBoolean());
        Assert.Null(Read("""{"a": null}""").Find("a"));
        Assert.NotNull(Read("""{"a": null}""").FindOrNull("a"));
        Assert.Null(root.Find("b"));
        Assert.Equal(["a"], root.Members().Select(member => member.Name));
    }

    [Fact]
    public void Complaints_NameFileAndPlace()
    {
        JsonField root = Read("""{"a": {"b": [1, {"c": "text"}]}}""");
        JsonField deep = root.Get("a").Get("b").Items().ElementAt(1).Get("c");
        AssertFails("\"a.b[1].c\" cannot be used: it must be true or false", () => deep.AsBoolean());
        AssertFails("a place must be a whole number from 0 to 3, and \"text\" is none", () => deep.AsIndex(3, "a place"));
        AssertFails("\"a.b[1].c\" cannot be used: it must be an object", () => deep.Get("d"));
        AssertFails("\"a\" cannot be used: it lacks \"d\"", () => root.Get("a").Get("d"));
        AssertFails("\"a\" cannot be used: it must be a list", () => root.Get("a").Items().Count());
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" ", "empty")]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("[]", "must be an object")]
    [InlineData("{\"a\": \"\\ud800\"}", "no valid Unicode")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull")]
    [InlineData("<!DOCTYPE html><html></html>", "a page of the web")]
    public void Read_NoDocument_IsRefused(string json, string part) => AssertFails(part, () => Read(json).Get("a").AsString());

    [Fact]
    public void Read_NameThatStandsTwice_IsRefusedWhereAsked()
    {
        const string Twice = """{"a": 1, "a": 2}""";
        Assert.Equal(2, Read(Twice).Get("a").AsIndex(9, "a number"));
        AssertFails("a", () => JsonField.Read(MemorySource.Of(("f.json", Twice)), "f.json", allowDuplicates: false));
    }

    [Fact]
    public void Read_ByteOrderMarkAndAbsentFile_AreNoMatter()
    {
        Assert.Equal(1, Read("\ufeff{\"a\": 1}").Get("a").AsIndex(1, "a number"));
        Assert.Null(JsonField.ReadIfPresent(MemorySource.Of(), "f.json"));
    }

    private static JsonField Read(string json) => JsonField.Read(MemorySource.Of(("f.json", json)), "f.json");

    private static void AssertFails(string part, Func<object> act)
    {
        var error = Assert.Throws<ModelFileException>(act);
        Assert.Equal("memory/f.json", error.File);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
