using Microsoft.ML.Data;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace MLNet.Dispersion.Columns;

/// <summary>A Parquet file as ML.NET's data.</summary>
internal static class ParquetColumns
{
    internal static BlockDataView Load(string path, IReadOnlyList<string>? asked)
    {
        using var file = new ParquetSource(path);
        Field[] fields = [.. file.Reader.Schema.Fields];
        ParquetColumn[] columns =
        [
            .. BlockDataView.Chosen([.. fields.Select(field => field.Name)], asked, path).Select(name => ParquetColumn.Of(path, Array.Find(fields, field => field.Name == name)!)),
        ];
        return new BlockDataView([.. columns.Select(column => column.Type)], file.Rows(), active => new ParquetBlocks(path, columns, active));
    }
}

/// <summary>An open Parquet file; what goes wrong with it is told with its name.</summary>
internal sealed class ParquetSource : ColumnFile
{
    internal ParquetSource(string path)
        : base(path, "Parquet") => Reader = Opened(() => ParquetReader.CreateAsync(Stream, new ParquetOptions(), leaveStreamOpen: true).GetAwaiter().GetResult());

    internal ParquetReader Reader { get; }

    /// <summary>The rows of all groups.</summary>
    internal long Rows() => Guarded(() => Enumerable.Range(0, Reader.RowGroupCount).Aggregate(0L, (sum, group) => checked(sum + Reader.Metadata!.RowGroups[group].NumRows)));

    /// <summary>Reads a column of a row group, once its sizes are known to be possible.</summary>
    internal RawColumnData Read(ParquetRowGroupReader group, DataField field) => Guarded(() =>
    {
        Parquet.Meta.ColumnMetaData about = group.GetMetadata(field)?.MetaData ?? throw new InvalidDataException($"the row group lacks column '{field.Path}'.");
        if (about.NumValues < 0 || (field.MaxRepetitionLevel == 0 && about.NumValues != group.RowCount) || about.NumValues > ColumnFilesCatalog.MaxColumnBytes / sizeof(long) || about.TotalUncompressedSize is < 0 or > ColumnFilesCatalog.MaxColumnBytes || about.TotalCompressedSize < 0 || about.TotalCompressedSize > Stream.Length)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"column '{field.Path}' says that it has {about.NumValues} values in {about.TotalUncompressedSize} bytes, {about.TotalCompressedSize} of them in the file's {Stream.Length}; a row group may have {ColumnFilesCatalog.MaxColumnBytes / sizeof(long)} values of a column in {ColumnFilesCatalog.MaxColumnBytes} bytes. Write it in smaller row groups."));
        }

        return group.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
    });

    public override void Dispose()
    {
        Reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose();
    }
}

/// <summary>Reads the row groups of a Parquet file, one after the other.</summary>
internal sealed class ParquetBlocks(string path, IReadOnlyList<ParquetColumn> columns, IReadOnlySet<int> active) : IBlockReader
{
    private readonly ParquetSource _file = new(path);
    private int _group;
    private long _firstRow;

    public (int Rows, IReadOnlyDictionary<int, BlockColumn> Columns)? Next()
    {
        if (_group == _file.Reader.RowGroupCount)
        {
            return null;
        }

        using ParquetRowGroupReader group = _file.Guarded(() => _file.Reader.OpenRowGroupReader(_group));
        int rows = _file.Guarded(() => checked((int)group.RowCount));
        var values = new Dictionary<int, BlockColumn>();
        foreach (int place in active)
        {
            using RawColumnData raw = _file.Read(group, columns[place].Field);
            values.Add(place, _file.Guarded(() => columns[place].Decode(raw, rows, _firstRow)));
        }

        _group++;
        _firstRow += rows;
        return (rows, values);
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>A column of a Parquet file.</summary>
/// <param name="Field">The column of values.</param>
/// <param name="Type">As ML.NET has it.</param>
/// <param name="Decode">Makes the values of a row group of what was read, with the number of its rows and that of its first row.</param>
internal sealed record ParquetColumn(DataField Field, ColumnType Type, Func<RawColumnData, int, long, BlockColumn> Decode)
{
    /// <exception cref="ModelFileException">It has a type that ML.NET cannot hold.</exception>
    internal static ParquetColumn Of(string path, Field field)
    {
        DataField? values = field as DataField ?? (field as ListField)?.Item as DataField;
        return (values is { MaxRepetitionLevel: <= 1 } ? Known(path, field.Name, values) : null)
            ?? throw new ModelFileException(path, $"Column '{Printable.Name(field.Name)}': ML.NET has no type for values of {values?.ClrType.Name ?? field.SchemaType.ToString()} there. Ask for the other columns, or write it as numbers, text or lists of them.");
    }

    /// <summary>The column; null where ML.NET has no type for it.</summary>
    private static ParquetColumn? Known(string path, string name, DataField values)
    {
        return System.Type.GetTypeCode(values.ClrType) switch
        {
            TypeCode.Boolean => Make<bool, bool>(BooleanDataViewType.Instance, value => value),
            TypeCode.SByte => Make<sbyte, sbyte>(NumberDataViewType.SByte, value => value),
            TypeCode.Byte => Make<byte, byte>(NumberDataViewType.Byte, value => value),
            TypeCode.Int16 => Make<short, short>(NumberDataViewType.Int16, value => value),
            TypeCode.UInt16 => Make<ushort, ushort>(NumberDataViewType.UInt16, value => value),
            TypeCode.Int32 => Make<int, int>(NumberDataViewType.Int32, value => value),
            TypeCode.UInt32 => Make<uint, uint>(NumberDataViewType.UInt32, value => value),
            TypeCode.Int64 => Make<long, long>(NumberDataViewType.Int64, value => value),
            TypeCode.UInt64 => Make<ulong, ulong>(NumberDataViewType.UInt64, value => value),
            TypeCode.Single => Make<float, float>(NumberDataViewType.Single, value => value),
            TypeCode.Double => Make<double, double>(NumberDataViewType.Double, value => value),
            TypeCode.DateTime => Make<DateTime, DateTime>(DateTimeDataViewType.Instance, value => value),
            _ when values.ClrType == typeof(ReadOnlyMemory<char>) || values.ClrType == typeof(string) => Make<ReadOnlyMemory<char>, ReadOnlyMemory<char>>(TextDataViewType.Instance, text => text.ToArray()),
            _ when values.ClrType == typeof(DateOnly) => Make<DateOnly, DateTime>(DateTimeDataViewType.Instance, value => value.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)),
            _ when (values.ClrType == typeof(ReadOnlyMemory<byte>) || values.ClrType == typeof(byte[])) && values.MaxRepetitionLevel == 0 => Bytes(path, name, values),
            _ => null,
        };

        ParquetColumn Make<TRaw, T>(PrimitiveDataViewType item, Func<TRaw, T> convert)
            where TRaw : struct
        {
            var type = ColumnType<T>.Of(path, name, item, values.MaxRepetitionLevel > 0);
            return new ParquetColumn(values, type, (raw, rows, firstRow) => Levels(values, type, raw, rows, firstRow, convert));
        }
    }

    private static BlockColumn<T> Levels<TRaw, T>(DataField field, ColumnType<T> type, RawColumnData raw, int rows, long firstRow, Func<TRaw, T> convert)
        where TRaw : struct
    {
        Span<TRaw> values = (raw as RawColumnData<TRaw> ?? throw new InvalidDataException($"its values are {raw.GetType()}.")).Values;
        Span<int> definitions = field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels : [];
        Span<int> repetitions = field.MaxRepetitionLevel > 0 ? raw.RepetitionLevels : [];
        int count = definitions.Length > 0 ? definitions.Length : repetitions.Length > 0 ? repetitions.Length : values.Length;
        int leastItem = field.MaxDefinitionLevel - (field.IsNullable ? 1 : 0), next = 0, begun = 0;
        var block = new BlockColumn<T>(type, firstRow);
        for (int place = 0; place < count; place++)
        {
            if (repetitions.Length == 0 || repetitions[place] == 0)
            {
                if (begun++ > 0)
                {
                    block.EndRow();
                }
            }

            int level = definitions.Length > 0 ? definitions[place] : field.MaxDefinitionLevel;
            if (level == field.MaxDefinitionLevel)
            {
                block.Add(convert(values[next++]));
            }
            else if (!type.IsList || level >= leastItem)
            {
                block.AddMissing();
            }
        }

        if (begun > 0)
        {
            block.EndRow();
        }

        return begun == rows ? block : throw new InvalidDataException($"column '{field.Path}' has values of {begun} rows in a group of {rows}.");
    }

    private static ParquetColumn Bytes(string path, string name, DataField field)
    {
        var type = ColumnType<byte>.Of(path, name, NumberDataViewType.Byte, isList: true);
        return new ParquetColumn(field, type, (raw, rows, firstRow) =>
        {
            Span<ReadOnlyMemory<byte>> values = ((RawColumnData<ReadOnlyMemory<byte>>)raw).Values;
            Span<int> definitions = field.MaxDefinitionLevel > 0 ? raw.DefinitionLevels : [];
            var block = new BlockColumn<byte>(type, firstRow);
            for (int row = 0, next = 0; row < rows; row++)
            {
                if (definitions.Length == 0 || definitions[row] == field.MaxDefinitionLevel)
                {
                    foreach (byte value in values[next++].Span)
                    {
                        block.Add(value);
                    }
                }

                block.EndRow();
            }

            return block;
        });
    }
}
