using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

public sealed class DamagedModelTests(TrainedModel trained) : IClassFixture<TrainedModel>
{
    [Fact]
    public void Load_OneWeightChanged_NamesTheFile()
    {
        string message = MessageAfter(zip => Rewrite(zip, "model.safetensors", bytes => bytes[^5] ^= 1));
        Assert.Contains("model.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("its bytes are not those that were saved", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WeightsCutOff_NamesTheFileAndBothLengths()
    {
        string message = MessageAfter(zip => Replace(zip, "model.safetensors", bytes => bytes[..^7]));
        Assert.Contains("model.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("damaged", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileMissing_NamesIt()
    {
        string message = MessageAfter(zip => Find(zip, "model.safetensors").Delete());
        Assert.Contains("model.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("no such file", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FormatOfANewerVersion_SaysSo()
    {
        // Behind ML.NET's own header stands ours, which is JSON: its version has one digit.
        string message = MessageAfter(zip => Rewrite(zip, "Model.key", bytes =>
        {
            int version = bytes.AsSpan().IndexOf("\"version\""u8);
            bytes[version + bytes.AsSpan(version).IndexOfAnyInRange((byte)'0', (byte)'9')] = (byte)'9';
        }));
        Assert.Contains("version 9", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileCutOff_Throws()
    {
        byte[] bytes = Saved();
        using var stream = new MemoryStream(bytes[..(bytes.Length / 2)]);
        Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(stream, out _));
    }

    // The whole of what a user sees printed: the message and the causes that ML.NET wraps.
    private string MessageAfter(Action<ZipArchive> damage)
    {
        using var stream = new MemoryStream();
        stream.Write(Saved());
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            damage(zip);
        }

        stream.Position = 0;
        Exception? error = Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(stream, out _));
        var all = new StringBuilder();
        for (; error is not null; error = error.InnerException)
        {
            all.AppendLine(error.Message);
        }

        return all.ToString();
    }

    private byte[] Saved()
    {
        using var stream = new MemoryStream();
        trained.Ml.Model.Save(trained.Alone, trained.Data.Schema, stream);
        return stream.ToArray();
    }

    private static ZipArchiveEntry Find(ZipArchive zip, string name) => zip.Entries.Single(entry => entry.FullName.Replace('\\', '/').Split('/')[^1] == name);

    private static void Rewrite(ZipArchive zip, string name, Action<byte[]> edit) => Replace(zip, name, bytes =>
    {
        edit(bytes);
        return bytes;
    });

    private static void Replace(ZipArchive zip, string name, Func<byte[], byte[]> edit)
    {
        ZipArchiveEntry entry = Find(zip, name);
        using var bytes = new MemoryStream();
        using (Stream read = entry.Open())
        {
            read.CopyTo(bytes);
        }

        string path = entry.FullName;
        entry.Delete();
        using Stream write = zip.CreateEntry(path).Open();
        write.Write(edit(bytes.ToArray()));
    }
}
