using System.Diagnostics;

namespace MLNet.Dispersion.Tests.Training.Checkpoints;

/// <summary>A disk that fills up while a checkpoint is saved.</summary>
public sealed class FullDiskTests
{
    /// <summary>A real file system of 3 MB, which holds one or two checkpoints of this run but no third (root alone may mount one: skipped otherwise).</summary>
    [SkippableFact]
    public void Train_DiskFull_NamesItLeavesTheLastCheckpointAndGoesOnWhenThereIsRoom()
    {
        using var folder = new TemporaryFolder();
        string disk = Directory.CreateDirectory(Path.Combine(folder.Path, "disk")).FullName;
        Skip.IfNot(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk), "a small file system cannot be mounted here");
        try
        {
            FineTuneOptions options = CheckpointRun.Options(disk, everySteps: 2);
            options.Checkpoints!.Keep = 10;
            options.Epochs = 8;

            var error = Assert.Throws<ModelFileException>(() => CheckpointRun.Classifier(options));

            TrainingCheckpoint latest = TrainingCheckpoint.Latest(disk)!;
            CheckpointManifest.Read(new DirectorySource(latest.Path)).Verify(new DirectorySource(latest.Path));
            Assert.Contains($"The last whole checkpoint is 'checkpoint-{latest.Step}'", error.Message, StringComparison.Ordinal);
            Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
            Assert.EndsWith($"checkpoint-{latest.Step + 2}", error.File, StringComparison.Ordinal);
            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(disk), entry => Path.GetFileName(entry).StartsWith('.'));

            Assert.True(Run("mount", "-o", "remount,size=200m", disk));
            CheckpointRun resumed = CheckpointRun.Classifier(options);

            FineTuneOptions undisturbed = CheckpointRun.Options();
            undisturbed.Epochs = 8;
            CheckpointRun.AssertSame(CheckpointRun.Classifier(undisturbed), resumed);
            Assert.Equal(latest.Step, resumed.Result.ResumedFromStep);
        }
        finally
        {
            Run("umount", disk);
        }
    }

    /// <summary>At any byte: what was there stays, and nothing else.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(1700)]
    [InlineData(2100)]
    public void Save_DiskFullAfterSomeBytes_LeavesWhatWasThere(long room)
    {
        using var folder = new TemporaryFolder();
        long left = long.MaxValue;
        var options = new CheckpointOptions { Directory = folder.Path };
        using var store = new CheckpointStore(options, path => new LimitedFile(path, () => left, used => left -= used));
        store.Save(Manifest(1), Write);
        string[] before = Contents(folder.Path);
        left = room;

        var error = Assert.Throws<ModelFileException>(() => store.Save(Manifest(2), Write));

        Assert.Contains("There is no room. The last whole checkpoint is 'checkpoint-1'", error.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<IOException>(error.InnerException);
        Assert.Equal(before, Contents(folder.Path));
        left = long.MaxValue;
        store.Save(Manifest(2), Write);
        store.Save(Manifest(3), Write);
        Assert.Equal(["checkpoint-2", "checkpoint-3"], folder.Folders);
    }

    private static void Write(FileSink sink)
    {
        sink.Write("one", stream => stream.Write(new byte[1000]));
        sink.Write("two", stream => stream.Write(new byte[800]));
    }

    private static CheckpointManifest Manifest(int step) =>
        new(step, 9, false, 0, DateTimeOffset.UnixEpoch, new Dictionary<string, string> { ["Task"] = new string('x', 900) }, []);

    private static string[] Contents(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => path + (File.Exists(path) ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(ReadShared(path))) : ""))];

    private static byte[] ReadShared(string path) => Path.GetFileName(path) == "run.lock" ? [] : File.ReadAllBytes(path);

    private static bool Run(string program, params string[] arguments)
    {
        using Process? process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true });
        process?.WaitForExit();
        return process?.ExitCode == 0;
    }

    private sealed class LimitedFile(string path, Func<long> left, Action<long> use) : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0)
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            int fits = (int)Math.Min(left(), count);
            base.Write(buffer, offset, fits);
            use(fits);
            if (fits < count)
            {
                throw new IOException("There is no room.");
            }
        }

        // FileStream's own passes the bytes to the overload above.
        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);
    }
}
