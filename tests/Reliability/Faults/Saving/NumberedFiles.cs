using System.Buffers.Binary;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>A file that says in every word of which save it is.</summary>
internal static class Numbered
{
    private const int FileBytes = 1 << 20;

    internal static void Write(Stream stream, int number)
    {
        var words = new byte[FileBytes];
        for (int i = 0; i < words.Length; i += sizeof(int))
        {
            BinaryPrimitives.WriteInt32LittleEndian(words.AsSpan(i), number);
        }

        stream.Write(words);
    }

    internal static int Read(FileSource source, string name)
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

/// <summary>One file.</summary>
internal sealed class NumberedFile : SaveKind
{
    private const string FileName = "file";

    internal override string Name => "a file";

    internal override string PathIn(string place) => Path.Combine(place, FileName);

    internal override void Save(string place, int number) => new DirectorySink(place).Write(FileName, stream => Numbered.Write(stream, number));

    internal override int Number(string place)
    {
        var source = new DirectorySource(place);
        return source.Contains(FileName) ? Numbered.Read(source, FileName) : 0;
    }
}

/// <summary>A set of files. Those of odd numbers have four, those of even ones three: shards come and go.</summary>
internal sealed class NumberedSet : SaveKind
{
    private const string Shard = "shard-", Config = "config.json";

    internal override string Name => "a set of files";

    internal override string PathIn(string place) => Path.Combine(place, "set");

    internal override void Save(string place, int number)
    {
        string[] names = [.. Enumerable.Range(1, number % 2 == 0 ? 2 : 3).Select(i => $"{Shard}{i}"), Config];
        WholeDirectory.Save(
            PathIn(place),
            sink =>
            {
                foreach (string name in names)
                {
                    sink.Write(name, stream => Numbered.Write(stream, number));
                }

                return names;
            },
            name => name.StartsWith(Shard, StringComparison.Ordinal));
    }

    internal override int Number(string place)
    {
        var set = new DirectorySource(PathIn(place));
        string[] names = [.. set.FileNames().Where(name => name.StartsWith(Shard, StringComparison.Ordinal) || name == Config)];
        if (names.Length == 0)
        {
            return 0;
        }

        int[] numbers = [.. names.Select(name => Numbered.Read(set, name)).Distinct()];
        return numbers is [var one] && names.Length == (one % 2 == 0 ? 3 : 4)
            ? one
            : throw new InvalidDataException($"{names.Length} files of the saves {string.Join(", ", numbers)}");
    }
}
