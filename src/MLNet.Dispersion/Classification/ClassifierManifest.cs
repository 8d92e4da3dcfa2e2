using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved classifier holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record ClassifierManifest(ClassifierColumns Columns, string BackboneName, int ClassCount, ClassValues? Classes, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved classifier begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned classifier", "DISPTXTC", ClassifierLoader.Name, 2, 0x00010002);

    private const byte NoClassValues = 0;
    private const string NoSecondText = "";

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Format.Version);
        writer.Write(Columns.Label);
        writer.Write(Columns.Text);
        writer.Write(Columns.Score);
        writer.Write(Columns.PredictedLabel);
        writer.Write(Columns.SecondText ?? NoSecondText);
        writer.Write(BackboneName);
        writer.Write(ClassCount);
        writer.Write(Classes?.Kind.Id ?? NoClassValues);
        Classes?.Write(writer);
        StoredFile.WriteAll(writer, Files);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static ClassifierManifest Read(BinaryReader reader) => Format.Read(reader, ReadFields);

    private static ClassifierManifest ReadFields(BinaryReader reader)
    {
        var columns = new ClassifierColumns(reader.ReadString(), reader.ReadString(), null, reader.ReadString(), reader.ReadString());
        columns = columns with { SecondText = reader.ReadString() is { Length: > 0 } second ? second : null };
        columns.Validate();
        string backbone = reader.ReadString();
        int classCount = reader.ReadInt32();
        ModelFormat.Require(classCount is >= 2 and <= ClassifierColumns.MaxClassCount, string.Create(CultureInfo.InvariantCulture, $"{classCount} classes"));
        ClassValues? classes = ReadClasses(reader, classCount);
        return new ClassifierManifest(columns, backbone, classCount, classes, StoredFile.ReadAll(reader));
    }

    private static ClassValues? ReadClasses(BinaryReader reader, int classCount)
    {
        byte id = reader.ReadByte();
        if (id == NoClassValues)
        {
            return null;
        }

        ClassValueKind? kind = ClassValueKind.Find(id);
        ModelFormat.Require(kind is not null, string.Create(CultureInfo.InvariantCulture, $"class values of kind {id}"));
        return kind!.Read(reader, classCount);
    }
}
