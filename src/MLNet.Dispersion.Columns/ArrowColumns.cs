using System.Buffers;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Memory;
using Apache.Arrow.Types;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Columns;

/// <summary>An Arrow file as ML.NET's data.</summary>
internal static class ArrowColumns
{
    internal static BlockDataView Load(string path, IReadOnlyList<string>? asked)
    {
        using var file = new ArrowSource(path);
        Field[] fields = [.. file.Guarded(() => file.Reader.Schema).FieldsList];
        ArrowColumn[] columns =
        [
            .. BlockDataView.Chosen([.. fields.Select(field => field.Name)], asked, path).Select(name => System.Array.FindIndex(fields, field => field.Name == name)).Select(place => ArrowColumn.Of(path, fields[place], place)),
        ];
        return new BlockDataView([.. columns.Select(column => column.Type)], rows: null, active => new ArrowBlocks(path, columns, active));
    }
}

/// <summary>An open Arrow file; what goes wrong with it is told with its name.</summary>
internal sealed class ArrowSource : ColumnFile
{
    private static readonly byte[] FileMagic = "ARROW1"u8.ToArray();

    internal ArrowSource(string path)
        : base(path, "Arrow") => Reader = Opened(Open);

    internal ArrowStreamReader Reader { get; }

    public override void Dispose()
    {
        Reader.Dispose();
        base.Dispose();
    }

    private ArrowStreamReader Open()
    {
        Span<byte> magic = stackalloc byte[FileMagic.Length];
        int read = Stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        Stream.Position = 0;
        var memory = new LimitedAllocator(ColumnFilesCatalog.MaxColumnBytes);
        return read == 0 ? throw new InvalidDataException("it is empty.")
            : magic.SequenceEqual(FileMagic) ? new ArrowFileReader(Stream, memory, new CompressionCodecFactory(), leaveOpen: true)
            : new ArrowStreamReader(Stream, memory, new CompressionCodecFactory(), leaveOpen: true);
    }
}

/// <summary>Gives no more memory at once than a file may ask for.</summary>
internal sealed class LimitedAllocator(int most) : MemoryAllocator
{
    private readonly NativeMemoryAllocator _memory = new();

    protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
    {
        if (length < 0 || length > most)
        {
            throw new InvalidDataException(FormattableString.Invariant($"it asks for {length} bytes at once; a record batch may have {most}. Write it in smaller batches."));
        }

        bytesAllocated = length;
        return _memory.Allocate(length);
    }
}

/// <summary>Reads the record batches of an Arrow file, one after the other.</summary>
internal sealed class ArrowBlocks(string path, IReadOnlyList<ArrowColumn> columns, IReadOnlySet<int> active) : IBlockReader
{
    private readonly ArrowSource _file = new(path);
    private long _firstRow;

    public (int Rows, IReadOnlyDictionary<int, BlockColumn> Columns)? Next()
    {
        RecordBatch? batch = _file.Guarded(() => _file.Reader.ReadNextRecordBatch());
        if (batch is null)
        {
            return null;
        }

        int rows = batch.Length;
        var values = active.ToDictionary(place => place, place => _file.Guarded(() => columns[place].Decode(batch, _firstRow)));
        _firstRow += rows;

        // A batch frees its dictionaries too, which are those of the next ones: such a batch is left to the collector.
        if (!batch.Schema.FieldsList.Any(field => HasDictionary(field.DataType)))
        {
            batch.Dispose();
        }

        return (rows, values);
    }

    public void Dispose() => _file.Dispose();

    private static bool HasDictionary(IArrowType type) => type is DictionaryType || (type is NestedType nested && nested.Fields.Any(field => HasDictionary(field.DataType)));
}

/// <summary>A column of an Arrow file.</summary>
/// <param name="Type">As ML.NET has it.</param>
/// <param name="Decode">Makes the values of a record batch, with the number of its first row.</param>
internal sealed record ArrowColumn(ColumnType Type, Func<RecordBatch, long, BlockColumn> Decode)
{
    /// <exception cref="ModelFileException">It has a type that ML.NET cannot hold.</exception>
    internal static ArrowColumn Of(string path, Field field, int place)
    {
        IArrowType? listed = field.DataType switch
        {
            ListType list => list.ValueDataType,
            LargeListType list => list.ValueDataType,
            FixedSizeListType list => list.ValueDataType,
            _ => null,
        };
        IArrowType item = listed ?? field.DataType;
        return Make(item) ?? throw new ModelFileException(path, $"Column '{Printable.Name(field.Name)}': ML.NET has no type for values of {field.DataType.Name} there. Ask for the other columns, or write it as numbers, text or lists of them.");

        ArrowColumn? Make(IArrowType type) => type.TypeId switch
        {
            ArrowTypeId.Dictionary => Make(((DictionaryType)type).ValueType),
            ArrowTypeId.Boolean => With<bool>(BooleanDataViewType.Instance, array => ((BooleanArray)array).GetValue),
            ArrowTypeId.Int8 => Numbers<sbyte>(NumberDataViewType.SByte),
            ArrowTypeId.UInt8 => Numbers<byte>(NumberDataViewType.Byte),
            ArrowTypeId.Int16 => Numbers<short>(NumberDataViewType.Int16),
            ArrowTypeId.UInt16 => Numbers<ushort>(NumberDataViewType.UInt16),
            ArrowTypeId.Int32 => Numbers<int>(NumberDataViewType.Int32),
            ArrowTypeId.UInt32 => Numbers<uint>(NumberDataViewType.UInt32),
            ArrowTypeId.Int64 => Numbers<long>(NumberDataViewType.Int64),
            ArrowTypeId.UInt64 => Numbers<ulong>(NumberDataViewType.UInt64),
            ArrowTypeId.HalfFloat => With<float>(NumberDataViewType.Single, array => row => (float?)((PrimitiveArray<Half>)array).GetValue(row)),
            ArrowTypeId.Float => Numbers<float>(NumberDataViewType.Single),
            ArrowTypeId.Double => Numbers<double>(NumberDataViewType.Double),
            ArrowTypeId.Date32 => With<DateTime>(DateTimeDataViewType.Instance, array => ((Date32Array)array).GetDateTime),
            ArrowTypeId.Date64 => With<DateTime>(DateTimeDataViewType.Instance, array => ((Date64Array)array).GetDateTime),
            ArrowTypeId.Timestamp => With<DateTime>(DateTimeDataViewType.Instance, array => row => ((TimestampArray)array).GetTimestamp(row)?.UtcDateTime),
            ArrowTypeId.String => Texts(array => row => ((StringArray)array).GetString(row)),
            ArrowTypeId.LargeString => Texts(array => row => ((LargeStringArray)array).GetString(row)),
            ArrowTypeId.StringView => Texts(array => row => ((StringViewArray)array).GetString(row)),
            ArrowTypeId.Binary when listed is null => Bytes(),
            _ => null,
        };

        ArrowColumn Numbers<T>(NumberDataViewType number)
            where T : struct, IEquatable<T> => With<T>(number, array => ((PrimitiveArray<T>)array).GetValue);

        ArrowColumn Texts(Func<IArrowArray, Func<int, string?>> reader) =>
            With<ReadOnlyMemory<char>>(TextDataViewType.Instance, array =>
            {
                Func<int, string?> read = reader(array);
                return row => read(row)?.AsMemory();
            });

        ArrowColumn With<T>(PrimitiveDataViewType type, Func<IArrowArray, Func<int, T?>> reader)
            where T : struct
        {
            var column = ColumnType<T>.Of(path, field.Name, type, listed is not null);
            return new ArrowColumn(column, (batch, firstRow) =>
            {
                var block = new BlockColumn<T>(column, firstRow);
                IArrowArray array = batch.Column(place);
                Func<int, T?>? whole = listed is null ? Read(array, reader) : null;
                for (int row = 0; row < batch.Length; row++)
                {
                    if (whole is not null)
                    {
                        Add(block, whole(row));
                    }
                    else if (Listed(array, row) is { } values)
                    {
                        Func<int, T?> read = Read(values, reader);
                        for (int i = 0; i < values.Length; i++)
                        {
                            Add(block, read(i));
                        }
                    }

                    block.EndRow();
                }

                return block;
            });
        }

        ArrowColumn Bytes()
        {
            var column = ColumnType<byte>.Of(path, field.Name, NumberDataViewType.Byte, isList: true);
            return new ArrowColumn(column, (batch, firstRow) =>
            {
                var block = new BlockColumn<byte>(column, firstRow);
                var array = (BinaryArray)batch.Column(place);
                for (int row = 0; row < batch.Length; row++)
                {
                    foreach (byte value in array.GetBytes(row))
                    {
                        block.Add(value);
                    }

                    block.EndRow();
                }

                return block;
            });
        }
    }

    private static void Add<T>(BlockColumn<T> block, T? value)
        where T : struct
    {
        if (value is { } there)
        {
            block.Add(there);
        }
        else
        {
            block.AddMissing();
        }
    }

    /// <summary>What reads the values of an array; those of a dictionary through it.</summary>
    private static Func<int, T?> Read<T>(IArrowArray array, Func<IArrowArray, Func<int, T?>> reader)
        where T : struct
    {
        if (array is not DictionaryArray dictionary)
        {
            return reader(array);
        }

        Func<int, T?> values = reader(dictionary.Dictionary);
        Func<int, long?> places = dictionary.Indices switch
        {
            PrimitiveArray<sbyte> indices => row => indices.GetValue(row),
            PrimitiveArray<byte> indices => row => indices.GetValue(row),
            PrimitiveArray<short> indices => row => indices.GetValue(row),
            PrimitiveArray<ushort> indices => row => indices.GetValue(row),
            PrimitiveArray<int> indices => row => indices.GetValue(row),
            PrimitiveArray<uint> indices => row => indices.GetValue(row),
            PrimitiveArray<long> indices => row => indices.GetValue(row),
            _ => throw new InvalidDataException($"a dictionary is read by indices of {dictionary.Indices.Data.DataType.Name}."),
        };
        return row => places(row) is not { } place ? null
            : place >= 0 && place < dictionary.Dictionary.Length ? values((int)place)
            : throw new InvalidDataException(FormattableString.Invariant($"a dictionary of {dictionary.Dictionary.Length} values is asked for number {place}."));
    }

    /// <summary>The list of a row; null where it has none.</summary>
    private static IArrowArray? Listed(IArrowArray array, int row) => array.IsNull(row) ? null : array switch
    {
        ListArray lists => lists.GetSlicedValues(row),
        LargeListArray lists => lists.GetSlicedValues(row),
        FixedSizeListArray lists => lists.GetSlicedValues(row),
        _ => throw new InvalidDataException($"a list is an array of {array.GetType().Name}."),
    };
}
