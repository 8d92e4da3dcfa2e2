using System.Diagnostics;

namespace MLNet.Dispersion.Tests.Files;

/// <summary>What is no file, or too large a one, is refused before it is read, and nothing waits.</summary>
public sealed class RegularFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-regular-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Read_Pipe_IsRefusedAtOnce()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no such pipes");
        using (Process made = Process.Start("mkfifo", Path.Combine(_folder, "config.json")))
        {
            await made.WaitForExitAsync();
        }

        Task<ModelFileException> reading = Task.Run(() => Assert.Throws<ModelFileException>(() => new DirectorySource(_folder).ReadAllBytes("config.json")));

        Assert.Contains("pipe", (await reading.WaitAsync(TimeSpan.FromSeconds(20))).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Read_LoopOfLinksOrDevice_IsOurException()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        File.CreateSymbolicLink(Path.Combine(_folder, "a"), Path.Combine(_folder, "b"));
        File.CreateSymbolicLink(Path.Combine(_folder, "b"), Path.Combine(_folder, "a"));
        File.CreateSymbolicLink(Path.Combine(_folder, "endless"), "/dev/zero");

        Assert.Throws<ModelFileException>(() => new DirectorySource(_folder).ReadAllBytes("a"));
        Assert.Contains("device", Assert.Throws<ModelFileException>(() => new DirectorySource(_folder).ReadAllBytes("endless")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileOverTheLimit_IsRefusedBeforeItIsRead()
    {
        string path = Path.Combine(_folder, "config.json");
        using (FileStream stream = File.Create(path))
        {
            stream.SetLength(3L << 30);
        }

        var watch = Stopwatch.StartNew();
        string message = Assert.Throws<ModelFileException>(() => new DirectorySource(_folder).ReadAllBytes("config.json")).Message;

        Assert.Contains($"{RegularFile.MaxBytesAtOnce}", message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
        Assert.Throws<ModelFileException>(() => RegularFile.ReadAllText(path));
        Assert.Throws<FileNotFoundException>(() => RegularFile.ReadAllText(Path.Combine(_folder, "none")));
    }

    [Fact]
    public void ReadAllText_BeginsWithAMark_LeavesItOut()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.txt"), [0xEF, 0xBB, 0xBF, (byte)'a']);

        Assert.Equal("a", RegularFile.ReadAllText(Path.Combine(_folder, "a.txt")));
    }

    [Fact]
    public void Find_WrappedSeveralTimes_IsOurs()
    {
        var ours = new ModelFileException("a", "b");

        Assert.Same(ours, ModelFileException.Find(new InvalidOperationException("outer", new AggregateException(new IOException(), ours))));
        Assert.Same(ours, ModelFileException.Find(ours));
        Assert.Null(ModelFileException.Find(new InvalidOperationException("outer", new IOException())));
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("-2+3", "'-2+3")]
    [InlineData("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("=1,2", "\"'=1,2\"")]
    [InlineData("-0.25", "-0.25")]
    [InlineData("+1E-05", "+1E-05")]
    [InlineData("a=1", "a=1")]
    public void Csv_FieldThatASpreadsheetWouldRun_IsText(string field, string written)
    {
        var csv = new CsvText();
        csv.Add([field, "b"]);

        Assert.Equal(written + ",b\r\n", csv.ToString());
    }
}
