using System.Globalization;
using MLNet.Dispersion.Schema;

namespace MLNet.Dispersion.Persistence;

/// <summary>What Model.key of a saved model holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record ModelManifest(ColumnNames Columns, string BackboneName, int ClassCount, ClassValues? Classes, IReadOnlyList<StoredFile> Files)
{
    private const byte NoClassValues = 0;
    private const int MaxFiles = 1_000;
    private const int HashBytes = 32;

    internal void Write(BinaryWriter writer)
    {
        writer.Write(ModelFormat.Version);
        writer.Write(Columns.Label);
        writer.Write(Columns.Text);
        writer.Write(Columns.Score);
        writer.Write(Columns.PredictedLabel);
        writer.Write(BackboneName);
        writer.Write(ClassCount);
        writer.Write(Classes?.Kind.Id ?? NoClassValues);
        Classes?.Write(writer);
        writer.Write(Files.Count);
        foreach (StoredFile file in Files)
        {
            writer.Write(file.Name);
            writer.Write(file.Length);
            writer.Write(file.Sha256);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static ModelManifest Read(BinaryReader reader)
    {
        try
        {
            return ReadUnguarded(reader);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
        {
            throw new FormatException($"The model file is damaged: the header of the fine-tuned classifier (Model.key) cannot be read ({e.Message}). Save the model again, or fetch the file again.", e);
        }
    }

    private static ModelManifest ReadUnguarded(BinaryReader reader)
    {
        int version = reader.ReadInt32();
        if (version != ModelFormat.Version)
        {
            throw new FormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"The fine-tuned classifier in this model file has format version {version}; this build of MLNet.Dispersion reads version {ModelFormat.Version}. Load it with the version that saved it or a newer one."));
        }

        var columns = new ColumnNames(reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString());
        columns.Validate();
        string backbone = reader.ReadString();
        int classCount = reader.ReadInt32();
        Check(classCount is >= 2 and <= InputColumns.MaxClassCount, $"{classCount} classes");
        ClassValues? classes = ReadClasses(reader, classCount);
        int count = reader.ReadInt32();
        Check(count is >= 0 and <= MaxFiles, $"{count} files");
        var files = new List<StoredFile>();
        for (int i = 0; i < count; i++)
        {
            var file = new StoredFile(reader.ReadString(), reader.ReadInt64(), reader.ReadBytes(HashBytes));
            Check(file.Sha256.Length == HashBytes, "a hash that is cut off");
            files.Add(file);
        }

        return new ModelManifest(columns, backbone, classCount, classes, files);
    }

    private static ClassValues? ReadClasses(BinaryReader reader, int classCount)
    {
        byte id = reader.ReadByte();
        if (id == NoClassValues)
        {
            return null;
        }

        ClassValueKind? kind = ClassValueKind.Find(id);
        Check(kind is not null, string.Create(CultureInfo.InvariantCulture, $"class values of kind {id}"));
        return kind!.Read(reader, classCount);
    }

    private static void Check(bool good, string found)
    {
        if (!good)
        {
            throw new InvalidDataException($"it speaks of {found}");
        }
    }
}
