using System.Text;

namespace MLNet.Dispersion.Tests;

/// <summary>Rewrites a GGUF file of float32 so that the matrices of its blocks are Q4_1, as the reference's README has that type: a scale and a least value in float16, and 32 numbers of 4 bits.</summary>
internal static class Q4_1File
{
    private const uint Q4_1 = 3;
    private const int Block = 32;
    private const int Alignment = 32;

    public static void Write(string from, string to)
    {
        using var reader = new BinaryReader(File.OpenRead(from));
        Assert.Equal(0x46554747u, reader.ReadUInt32());
        uint version = reader.ReadUInt32();
        ulong tensors = reader.ReadUInt64(), keys = reader.ReadUInt64();
        long start = reader.BaseStream.Position;
        for (ulong key = 0; key < keys; key++)
        {
            Skip(reader);
            Value(reader, reader.ReadUInt32());
        }

        long end = reader.BaseStream.Position;
        var entries = new List<(string Name, ulong[] Sizes, ulong Offset)>();
        for (ulong i = 0; i < tensors; i++)
        {
            string name = Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
            ulong[] sizes = [.. Enumerable.Range(0, (int)reader.ReadUInt32()).Select(_ => reader.ReadUInt64())];
            Assert.Equal(0u, reader.ReadUInt32());
            entries.Add((name, sizes, reader.ReadUInt64()));
        }

        long data = (reader.BaseStream.Position + Alignment - 1) / Alignment * Alignment;
        reader.BaseStream.Position = start;
        byte[] metadata = reader.ReadBytes((int)(end - start));
        var blocks = entries.Select(entry =>
        {
            reader.BaseStream.Position = data + (long)entry.Offset;
            float[] numbers = [.. Enumerable.Range(0, (int)entry.Sizes.Aggregate(1ul, (product, size) => product * size)).Select(_ => reader.ReadSingle())];
            bool isMatrix = entry.Sizes.Length == 2 && entry.Name.StartsWith("blk.", StringComparison.Ordinal) && entry.Sizes[0] % Block == 0;
            return (entry.Name, entry.Sizes, Type: isMatrix ? Q4_1 : 0u, Bytes: isMatrix ? Quantised(numbers) : [.. numbers.SelectMany(BitConverter.GetBytes)]);
        }).ToArray();
        Assert.Contains(blocks, block => block.Type == Q4_1);

        using var writer = new BinaryWriter(File.Create(to));
        writer.Write(0x46554747u);
        writer.Write(version);
        writer.Write(tensors);
        writer.Write(keys);
        writer.Write(metadata);
        ulong offset = 0;
        foreach (var (name, sizes, type, bytes) in blocks)
        {
            byte[] text = Encoding.UTF8.GetBytes(name);
            writer.Write((ulong)text.Length);
            writer.Write(text);
            writer.Write((uint)sizes.Length);
            sizes.ToList().ForEach(writer.Write);
            writer.Write(type);
            writer.Write(offset);
            offset += (ulong)Padded(bytes.Length);
        }

        writer.Write(new byte[Padded((int)writer.BaseStream.Position) - (int)writer.BaseStream.Position]);
        foreach (var (_, _, _, bytes) in blocks)
        {
            writer.Write(bytes);
            writer.Write(new byte[Padded(bytes.Length) - bytes.Length]);
        }
    }

    private static int Padded(int length) => (length + Alignment - 1) / Alignment * Alignment;

    private static byte[] Quantised(float[] numbers)
    {
        using var stream = new MemoryStream();
        foreach (float[] block in numbers.Chunk(Block))
        {
            float least = block.Min();
            Half scale = (Half)((block.Max() - least) / 15), low = (Half)least;
            byte[] levels = [.. block.Select(number => (byte)Math.Clamp(MathF.Round((number - (float)low) / Math.Max((float)scale, 1e-8f)), 0, 15))];
            stream.Write(BitConverter.GetBytes(scale));
            stream.Write(BitConverter.GetBytes(low));
            stream.Write([.. Enumerable.Range(0, Block / 2).Select(i => (byte)(levels[i] | (levels[i + (Block / 2)] << 4)))]);
        }

        return stream.ToArray();
    }

    private static void Skip(BinaryReader reader)
    {
        long length = (long)reader.ReadUInt64();
        reader.BaseStream.Position += length;
    }

    private static void Value(BinaryReader reader, uint type)
    {
        switch (type)
        {
            case 8:
                Skip(reader);
                break;
            case 9:
                uint inner = reader.ReadUInt32();
                ulong count = reader.ReadUInt64();
                for (ulong i = 0; i < count; i++)
                {
                    Value(reader, inner);
                }

                break;
            default:
                reader.BaseStream.Position += type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 10 or 11 or 12 => 8, _ => throw new InvalidDataException($"type {type}") };
                break;
        }
    }
}
