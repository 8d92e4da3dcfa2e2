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
    public void Load_EntryOfFourGigabytes_IsRefusedBeforeItIsUnpacked()
    {
        // What the zip's directory states: the entry itself is as it was, so that whoever unpacks it first sees nothing wrong.
        string message = Told(ErrorAfter(_ => { }, zip => ClaimLength(zip, "config.json", 4_000_000_000)));

        Assert.Contains("it has 4000000000 bytes", message, StringComparison.Ordinal);
        Assert.Contains("config.json", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Damaged_OurExceptionIsFoundInMLNets()
    {
        Exception error = ErrorAfter(zip => Find(zip, "model.safetensors").Delete());
        Assert.Contains("model.safetensors", ModelFileException.Find(error)!.File, StringComparison.Ordinal);
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

    private string MessageAfter(Action<ZipArchive> damage) => Told(ErrorAfter(damage));

    // The whole of what a user sees printed: the message and the causes that ML.NET wraps.
    private static string Told(Exception? error)
    {
        var all = new StringBuilder();
        for (; error is not null; error = error.InnerException)
        {
            all.AppendLine(error.Message);
        }

        return all.ToString();
    }

    private Exception ErrorAfter(Action<ZipArchive> damage, Action<byte[]>? patch = null)
    {
        using var stream = new MemoryStream();
        stream.Write(Saved());
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            damage(zip);
        }

        byte[] bytes = stream.ToArray();
        patch?.Invoke(bytes);
        using var damaged = new MemoryStream(bytes);
        return Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(damaged, out _));
    }

    /// <summary>Sets the length of an entry in the zip's directory: its records begin with PK 1 2, and hold the length at 24 and the name at 46.</summary>
    private static void ClaimLength(byte[] zip, string name, uint length)
    {
        for (int at = 0; at < zip.Length - 46; at++)
        {
            if (zip.AsSpan(at).StartsWith("PK\u0001\u0002"u8) && Encoding.UTF8.GetString(zip, at + 46, BitConverter.ToUInt16(zip, at + 28)).EndsWith(name, StringComparison.Ordinal))
            {
                BitConverter.TryWriteBytes(zip.AsSpan(at + 24), length);
            }
        }
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
