using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Columns;

/// <summary>The values of a column for the rows of one block.</summary>
internal abstract class BlockColumn;

/// <summary>Values of one type, one a row, or lists of them.</summary>
/// <param name="column">What they are of.</param>
/// <param name="firstRow">The number of the block's first row in the file, for errors.</param>
internal sealed class BlockColumn<T>(ColumnType<T> column, long firstRow) : BlockColumn
{
    private readonly List<T> _items = [];
    private readonly List<int> _ends = [];
    private long _rows;

    /// <summary>The value of a row.</summary>
    internal T this[int row] => _items[row];

    /// <summary>Adds a value to the row that is being filled.</summary>
    internal void Add(T value) => _items.Add(value);

    /// <summary>Adds what stands for a missing value.</summary>
    /// <exception cref="ModelFileException">Nothing does.</exception>
    internal void AddMissing() => _items.Add(column.HasMissing ? column.Missing : throw column.NoValue(firstRow + _rows));

    internal void EndRow()
    {
        _rows++;
        if (column.IsList)
        {
            _ends.Add(_items.Count);
        }
    }

    internal void CopyList(int row, ref VBuffer<T> into)
    {
        int start = row == 0 ? 0 : _ends[row - 1];
        VBufferEditor<T> editor = VBufferEditor.Create(ref into, _ends[row] - start);
        for (int place = 0; place < editor.Values.Length; place++)
        {
            editor.Values[place] = _items[start + place];
        }

        into = editor.Commit();
    }
}

/// <summary>A column of a file, as ML.NET has it.</summary>
/// <param name="file">The file, for errors.</param>
/// <param name="name">The column's name.</param>
/// <param name="type">Its type.</param>
internal abstract class ColumnType(string file, string name, DataViewType type)
{
    internal string Name => name;

    internal DataViewType Type => type;

    /// <summary>A getter of type <see cref="ValueGetter{TValue}"/>, of the row that the cursor stands on.</summary>
    internal abstract Delegate Getter(Func<BlockColumn> block, Func<int> row);

    /// <summary>What is thrown where a row has no value.</summary>
    internal ModelFileException NoValue(long row) => new(
        file, FormattableString.Invariant($"Column '{Printable.Name(name)}': Row {row} (from 0) has no value, and ML.NET has no missing value of type {type}. Fill it when the file is written, write the column as floating-point numbers or text, or ask for other columns."));
}

/// <summary>A column of values of one type, or of lists of them.</summary>
internal sealed class ColumnType<T> : ColumnType
{
    private ColumnType(string file, string name, DataViewType type, bool isList)
        : base(file, name, type) => IsList = isList;

    internal bool IsList { get; }

    /// <summary>Whether there is a value that stands for a missing one.</summary>
    internal bool HasMissing { get; private init; }

    internal T Missing { get; private init; } = default!;

    /// <summary>A column whose values may be missing if the type has a value for that.</summary>
    internal static ColumnType<T> Of(string file, string name, PrimitiveDataViewType item, bool isList)
    {
        DataViewType type = isList ? new VectorDataViewType(item) : item;
        return new ColumnType<T>(file, name, type, isList)
        {
            HasMissing = item is TextDataViewType || item == NumberDataViewType.Single || item == NumberDataViewType.Double,
            Missing = item == NumberDataViewType.Single ? (T)(object)float.NaN : item == NumberDataViewType.Double ? (T)(object)double.NaN : default!,
        };
    }

    internal override Delegate Getter(Func<BlockColumn> block, Func<int> row) => IsList
        ? (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => ((BlockColumn<T>)block()).CopyList(row(), ref value))
        : (ValueGetter<T>)((ref T value) => value = ((BlockColumn<T>)block())[row()]);
}
