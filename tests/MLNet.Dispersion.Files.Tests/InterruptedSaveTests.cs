using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Files;

/// <summary>Saves over an older set that were ended by force: before all new files were on the disk the old set is there, and after it the new one.</summary>
public sealed class InterruptedSaveTests : IDisposable
{
    private const string Staged = ".partial-0123456789abcdef0123456789abcdef";
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-interrupted-").FullName;

    private string Target => Path.Combine(_folder, "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Save_FailsWhileItWrites_LeavesTheFormerSet()
    {
        Save("old", "shard-1", "shard-2");
        Dictionary<string, string> before = Contents();

        Assert.Throws<ModelFileException>(() => WholeDirectory.Save(Target, sink => { Write(sink, "new", "shard-1"); throw new IOException("full"); }, IsShard));

        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Read_EndedOnceAllWasWritten_IsTheNewSet()
    {
        Save("old", "shard-1", "shard-2", "other");
        Interrupt(["shard-2"], "shard-1", "shard-3");
        var source = new DirectorySource(Target);

        Assert.True(source.Contains("shard-3"));

        Assert.Equal("new shard-1", Text(source, "shard-1"));
        Assert.False(source.Contains("shard-2"));
        Assert.Equal("old other", Text(source, "other"));
        Assert.Empty(Directory.GetFileSystemEntries(Target, ".partial-*"));
        Assert.Empty(SavedManifest.Find(source)!.Changed(source, name => name != "other"));
    }

    [Fact]
    public void Save_OverAnInterruptedOne_CompletesItFirst()
    {
        Save("old", "shard-1", "beside");
        Interrupt([], "shard-1", "extra");

        WholeDirectory.SaveBeside(Target, sink => Write(sink, "newest", "beside"));

        Assert.Equal(["new extra", "newest beside", "new shard-1"], new[] { "extra", "beside", "shard-1" }.Select(name => Text(new DirectorySource(Target), name)));
    }

    [Fact]
    public void Save_AfterKilledOnes_SweepsWhatTheyLeft()
    {
        Save("old", "shard-1");
        Directory.CreateDirectory(Path.Combine(Target, Staged));
        File.WriteAllText(Path.Combine(Target, Staged, "shard-1"), "half");
        File.WriteAllText(Path.Combine(Target, Staged + ".lock"), "");
        Directory.CreateDirectory(Path.Combine(_folder, "fresh" + Staged));
        File.WriteAllText(Path.Combine(_folder, "file.zip" + Staged), "half");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "file.zip" + Staged), DateTime.UtcNow.AddHours(-1));

        Save("new", "shard-1");
        WholeDirectory.Save(Path.Combine(_folder, "fresh"), sink => Write(sink, "new", "a"), IsShard);
        WholeFile.Write(Path.Combine(_folder, "file.zip"), "whole"u8.ToArray());

        Assert.Equal([SavedManifest.FileName, "shard-1"], Directory.GetFileSystemEntries(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["file.zip", "fresh", "model"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Save_WhileAnotherIsAtWork_LeavesItsFiles()
    {
        WholeDirectory.Save(
            Target,
            sink =>
            {
                WholeDirectory.Save(Target, inner => Write(inner, "inner", "shard-1"), IsShard);
                string path = Path.Combine(_folder, "file.zip");
                new DirectorySink(_folder).Write("file.zip", stream =>
                {
                    WholeFile.Write(path, "first"u8.ToArray());
                    stream.Write("second"u8);
                });
                Assert.Equal("second", File.ReadAllText(path));
                Directory.Delete(Target, recursive: true);
                return Write(sink, "outer", "shard-1");
            },
            IsShard);

        Assert.Equal("outer shard-1", Text(new DirectorySource(Target), "shard-1"));
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public void Save_ReadOnlyParent_TellsTheRealError()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.UserName == "root", "root may write everywhere");
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            var error = Assert.Throws<ModelFileException>(() => Save("new", "a"));
            Assert.IsType<UnauthorizedAccessException>(error.InnerException);
        }
        finally
        {
            File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void Save_FolderCannotBeMade_TellsTheRealError()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");

        var error = Assert.Throws<ModelFileException>(() => WholeDirectory.Save(Path.Combine(_folder, "file", "model"), sink => Write(sink, "new", "a"), IsShard));

        Assert.IsNotType<DirectoryNotFoundException>(error.InnerException);
        Assert.Contains("file", error.InnerException!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData(".partial-short")]
    [InlineData("/tmp")]
    public void Read_ManifestThatPointsElsewhere_IsRefused(string pending)
    {
        Save("old", "a");
        Change(manifest => manifest["pending"] = pending);

        Assert.Throws<ModelFileException>(() => Text(new DirectorySource(Target), "a"));
    }

    [SkippableFact]
    public void Read_InterruptedFolderIsALink_TouchesNothingOutside()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        Save("old", "a");
        string outside = Directory.CreateDirectory(Path.Combine(_folder, "outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "secret"), "kept");
        Directory.CreateSymbolicLink(Path.Combine(Target, Staged), outside);
        Change(manifest => manifest["pending"] = Staged);
        Assert.Throws<ModelFileException>(() => Text(new DirectorySource(Target), "a"));

        File.Delete(Path.Combine(Target, Staged));
        Directory.CreateDirectory(Path.Combine(Target, Staged, "inner"));
        File.WriteAllText(Path.Combine(Target, Staged, "inner", "secret"), "changed");
        Directory.CreateSymbolicLink(Path.Combine(Target, "inner"), outside);
        Assert.Throws<ModelFileException>(() => Text(new DirectorySource(Target), "a"));

        Assert.Equal("kept", File.ReadAllText(Path.Combine(outside, "secret")));
    }

    [Fact]
    public void Changed_EditedAndMissingFiles_AreNamed()
    {
        Save("old", "a", "b", "c", "d");
        File.WriteAllText(Path.Combine(Target, "b"), "edited");
        File.Delete(Path.Combine(Target, "c"));
        var source = new DirectorySource(Target);

        Assert.Equal(["b", "c"], SavedManifest.Find(source)!.Changed(source, name => name != "d"));
        Assert.Null(SavedManifest.Find(new DirectorySource(_folder)));
    }

    [Fact]
    public void Save_OverADamagedManifest_ReplacesIt()
    {
        Save("old", "a");
        File.WriteAllText(Path.Combine(Target, SavedManifest.FileName), "{");
        Assert.Throws<ModelFileException>(() => Text(new DirectorySource(Target), "a"));

        Save("new", "a");

        Assert.Equal("new a", Text(new DirectorySource(Target), "a"));
    }

    private static bool IsShard(string name) => name.StartsWith("shard", StringComparison.Ordinal);

    private static string[] Write(FileSink sink, string age, params string[] names)
    {
        foreach (string name in names)
        {
            sink.Write(name, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes($"{age} {name}")));
        }

        return names;
    }

    private static string Text(FileSource source, string name) => System.Text.Encoding.UTF8.GetString(source.ReadAllBytes(name));

    private void Save(string age, params string[] names) => WholeDirectory.Save(Target, sink => Write(sink, age, names), IsShard);

    /// <summary>Makes the directory look as a save leaves it that was ended between its last written file and its first moved one.</summary>
    private void Interrupt(string[] removed, params string[] names)
    {
        string other = Path.Combine(_folder, "other");
        WholeDirectory.Save(other, sink => Write(sink, "new", names), IsShard);
        File.Move(Path.Combine(other, SavedManifest.FileName), Path.Combine(Target, SavedManifest.FileName), overwrite: true);
        Directory.Move(other, Path.Combine(Target, Staged));
        Change(manifest =>
        {
            manifest["pending"] = Staged;
            manifest["removed"] = new JsonArray([.. removed.Select(name => (JsonNode)name)]);
        });
    }

    private void Change(Action<JsonObject> change)
    {
        string path = Path.Combine(Target, SavedManifest.FileName);
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }

    private Dictionary<string, string> Contents() => Directory.GetFiles(Target, "*", SearchOption.AllDirectories).ToDictionary(path => path, File.ReadAllText);
}
