using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved classifier holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record ClassifierManifest(ClassifierColumns Columns, string BackboneName, int ClassCount, ClassValues? Classes, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved classifier begins.</summary>
    internal static readonly ModelFormat Format = new("fine-tuned classifier", "DISPTXTC", ClassifierLoader.Name, 3, 0x00010003);

    private const byte NoClassValues = 0;

    /// <summary>How much n-grams count beside the language model; null where there are none.</summary>
    internal JoiningWeights? Lexical { get; init; }

    internal void Write(BinaryWriter writer) => Format.Write(writer, new Document(
        Columns.Label, Columns.Text, Columns.SecondText, Columns.Score, Columns.PredictedLabel, BackboneName, ClassCount, Classes is null ? null : ClassesDocument.Of(Classes), Files, Lexical));

    /// <summary>Reads what <see cref="Write"/> wrote, or the version before.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static ClassifierManifest Read(BinaryReader reader) => Format.Read<Document, ClassifierManifest>(
        reader,
        document => new ClassifierManifest(
            new ClassifierColumns(document.Label, document.Text, document.SecondText, document.Score, document.PredictedLabel),
            document.Backbone, document.ClassCount, document.Classes?.Read(document.ClassCount), StoredFile.Checked(document.Files)) { Lexical = document.Lexical }.Checked(),
        ReadFields);

    private ClassifierManifest Checked()
    {
        Columns.Validate();
        RequireClasses(ClassCount);
        ModelFormat.Require(Lexical is null or { Network: >= 0 and < double.PositiveInfinity, Lexical: >= 0 and < double.PositiveInfinity }, "weights of n-grams that are no weights");
        return this;
    }

    private static void RequireClasses(int count) => ModelFormat.Require(count is >= 2 and <= ClassifierColumns.MaxClassCount, string.Create(CultureInfo.InvariantCulture, $"{count} classes"));

    private static ClassifierManifest ReadFields(BinaryReader reader)
    {
        var columns = new ClassifierColumns(reader.ReadString(), reader.ReadString(), null, reader.ReadString(), reader.ReadString());
        columns = columns with { SecondText = reader.ReadString() is { Length: > 0 } second ? second : null };
        columns.Validate();
        string backbone = reader.ReadString();
        int classCount = reader.ReadInt32();
        RequireClasses(classCount);
        ClassValues? classes = ReadClasses(reader, classCount);
        return new ClassifierManifest(columns, backbone, classCount, classes, StoredFile.ReadAll(reader));
    }

    private static ClassValues? ReadClasses(BinaryReader reader, int classCount)
    {
        byte id = reader.ReadByte();
        return id == NoClassValues ? null : KindOf(id).Read(reader, classCount);
    }

    private static ClassValueKind KindOf(byte id)
    {
        ClassValueKind? kind = ClassValueKind.Find(id);
        ModelFormat.Require(kind is not null, string.Create(CultureInfo.InvariantCulture, $"class values of kind {id}"));
        return kind!;
    }

    private sealed record Document(
        string Label, string Text, string? SecondText, string Score, string PredictedLabel, string Backbone, int ClassCount, ClassesDocument? Classes, IReadOnlyList<StoredFile> Files, JoiningWeights? Lexical = null);

    /// <summary>Class values in the bytes that tell them exactly, lone surrogates and payloads of NaN included.</summary>
    private sealed record ClassesDocument(byte Kind, byte[] Values)
    {
        internal static ClassesDocument Of(ClassValues classes)
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream);
            classes.Write(writer);
            writer.Flush();
            return new ClassesDocument(classes.Kind.Id, stream.ToArray());
        }

        internal ClassValues Read(int count)
        {
            RequireClasses(count);
            using var reader = new BinaryReader(new MemoryStream(Values));
            return KindOf(Kind).Read(reader, count);
        }
    }
}
