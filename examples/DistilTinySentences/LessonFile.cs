using System.Runtime.InteropServices;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>Keeps what the teacher has read, so that an interrupted reading goes on where it was and another training need not wait for one.</summary>
/// <param name="path">The file.</param>
/// <param name="about">What the lessons depend on; a file of others is refused.</param>
internal sealed class LessonFile(string path, string about)
{
    /// <summary>Reads the directions and the lessons so far; null where there is no file yet. What was cut off in the middle is dropped.</summary>
    public (float[] Directions, double Scale, double Kept, Dictionary<int, Lesson> Lessons)? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var reader = new BinaryReader(File.OpenRead(path));
        string found = reader.ReadString();
        if (found != about)
        {
            throw new InvalidOperationException($"{path} holds lessons of {found}, and these are of {about}: name another file.");
        }

        double scale = reader.ReadDouble(), kept = reader.ReadDouble();
        float[] directions = new float[reader.ReadInt32()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(directions.AsSpan()));
        var lessons = new Dictionary<int, Lesson>();
        long whole = reader.BaseStream.Position;
        try
        {
            while (reader.BaseStream.Position < reader.BaseStream.Length)
            {
                int text = reader.ReadInt32();
                var ids = new int[reader.ReadInt32()];
                var states = new Half[ids.Length * Recipe.Features];
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(ids.AsSpan()));
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(states.AsSpan()));
                lessons[text] = new Lesson(ids, states);
                whole = reader.BaseStream.Position;
            }
        }
        catch (EndOfStreamException)
        {
            reader.Dispose();
            using FileStream cut = File.OpenWrite(path);
            cut.SetLength(whole);
        }

        return (directions, scale, kept, lessons);
    }

    /// <summary>Begins the file.</summary>
    public void Begin(float[] directions, double scale, double kept)
    {
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write(about);
        writer.Write(scale);
        writer.Write(kept);
        writer.Write(directions.Length);
        writer.Write(MemoryMarshal.AsBytes(directions.AsSpan()));
    }

    /// <summary>Adds lessons.</summary>
    public void Add(IEnumerable<KeyValuePair<int, Lesson>> lessons)
    {
        using var writer = new BinaryWriter(new FileStream(path, FileMode.Append));
        foreach (var (text, lesson) in lessons)
        {
            writer.Write(text);
            writer.Write(lesson.Ids.Length);
            writer.Write(MemoryMarshal.AsBytes(lesson.Ids.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(lesson.States.AsSpan()));
        }
    }
}
