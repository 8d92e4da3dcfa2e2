using System.Text;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class GeometryManifestTests
{
    private static readonly GeometryColumns Columns = new("Text", "G", [GeometryMeasure.StableRank, GeometryMeasure.MeanNorm]);
    private static readonly StoredFile[] Files = [new("config.json", 12, [.. Enumerable.Range(1, 32).Select(i => (byte)i)])];

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        GeometryManifest again = Read(Written("Tiny 👍", 77));
        Assert.Equal(("Text", "G", "Tiny 👍", 77), (again.Columns.Text, again.Columns.Prefix, again.BackboneName, again.MaxTokens));
        Assert.Equal([GeometryMeasure.MeanCosine, GeometryMeasure.StableRank, GeometryMeasure.MeanNorm], again.Columns.Measures);
        Assert.Equal(("config.json", 12L), (Assert.Single(again.Files).Name, again.Files[0].Length));
    }

    [Fact]
    public void Read_NewerVersion_SaysBothVersions()
    {
        byte[] bytes = Written("b", 512);
        bytes[0] = 9;
        var error = Assert.Throws<FormatException>(() => Read(bytes));
        Assert.Contains("version 9", error.Message, StringComparison.Ordinal);
        Assert.Contains("version 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("geometry", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutOffAnywhere_SaysThatTheFileIsDamaged()
    {
        byte[] bytes = Written("b", 512);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Contains("damaged", Assert.Throws<FormatException>(() => Read(bytes[..length])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_ValueThatCannotBe_SaysWhich()
    {
        Assert.Contains("texts of 1 tokens", Assert.Throws<FormatException>(() => Read(Written("b", 1))).Message, StringComparison.Ordinal);
        Assert.Contains("backbone without a name", Assert.Throws<FormatException>(() => Read(Written(" ", 512))).Message, StringComparison.Ordinal);
        byte[] unknown = Written("b", 512);
        unknown[unknown.AsSpan().IndexOf("stableRank"u8)] = (byte)'x';
        Assert.Contains("'xtableRank'", Assert.Throws<FormatException>(() => Read(unknown)).Message, StringComparison.Ordinal);
    }

    private static byte[] Written(string backbone, int maxTokens)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            new GeometryManifest(Columns, backbone, maxTokens, Files).Write(writer);
        }

        return stream.ToArray();
    }

    private static GeometryManifest Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        GeometryManifest manifest = GeometryManifest.Read(reader);
        Assert.Equal(bytes.Length, reader.BaseStream.Position);
        return manifest;
    }
}
