using System.Buffers.Binary;
using MLNet.Dispersion.Files;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Saves of a numbered set and of a numbered file: each file says in every word of which save it is.</summary>
internal static class Saves
{
    internal const string Set = "set", File = "file";
    private const int FileBytes = 1 << 20;

    /// <summary>Saves over and over, from the number after that which is there.</summary>
    internal static void Forever(string place, string kind)
    {
        for (int number = Number(place, kind) + 1; ; number++)
        {
            Save(place, kind, number);
        }
    }

    /// <summary>One save. The sets of odd numbers have three files, those of even ones two: shards come and go.</summary>
    internal static void Save(string place, string kind, int number)
    {
        if (kind == File)
        {
            new DirectorySink(place).Write("model.zip", stream => Write(stream, number));
            return;
        }

        string[] names = [.. Enumerable.Range(1, number % 2 == 0 ? 2 : 3).Select(i => $"shard-{i}"), "config.json"];
        WholeDirectory.Save(
            Path.Combine(place, "model"),
            sink =>
            {
                foreach (string name in names)
                {
                    sink.Write(name, stream => Write(stream, number));
                }

                return names;
            },
            name => name.StartsWith("shard-", StringComparison.Ordinal));
    }

    /// <summary>The number of the save that is there; 0 for none.</summary>
    /// <exception cref="InvalidDataException">What is there is of two saves, or half of one.</exception>
    internal static int Number(string place, string kind)
    {
        if (kind == File)
        {
            var source = new DirectorySource(place);
            return source.Contains("model.zip") ? Read(source, "model.zip") : 0;
        }

        var set = new DirectorySource(Path.Combine(place, "model"));
        string[] names = [.. set.FileNames().Where(name => name.StartsWith("shard-", StringComparison.Ordinal) || name == "config.json")];
        if (names.Length == 0)
        {
            return 0;
        }

        int[] numbers = [.. names.Select(name => Read(set, name)).Distinct()];
        return numbers is [var one] && names.Length == (one % 2 == 0 ? 3 : 4)
            ? one
            : throw new InvalidDataException($"{names.Length} files of the saves {string.Join(", ", numbers)}");
    }

    private static void Write(Stream stream, int number)
    {
        var words = new byte[FileBytes];
        for (int i = 0; i < words.Length; i += sizeof(int))
        {
            BinaryPrimitives.WriteInt32LittleEndian(words.AsSpan(i), number);
        }

        stream.Write(words);
    }

    private static int Read(FileSource source, string name)
    {
        byte[] bytes = source.ReadAllBytes(name);
        int number = bytes.Length == FileBytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : throw new InvalidDataException($"{name} has {bytes.Length} bytes");
        for (int i = 0; i < bytes.Length; i += sizeof(int))
        {
            if (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i)) != number)
            {
                throw new InvalidDataException($"{name} is of two saves");
            }
        }

        return number;
    }
}
