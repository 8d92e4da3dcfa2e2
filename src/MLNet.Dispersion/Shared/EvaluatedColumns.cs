using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Reads the columns of scored rows for evaluation, with errors that name the column, what was expected and what is there.</summary>
internal static class EvaluatedColumns
{
    /// <summary>A column of numbers.</summary>
    /// <exception cref="ArgumentException">There is no such column, it is of another type, or a number is missing; the message names it.</exception>
    internal static double[] Numbers(IDataView data, string name)
    {
        DataViewSchema.Column column = Find(data, name, type => type == NumberDataViewType.Single, "Single");
        return [.. data.GetColumn<float>(column).Select((value, row) => float.IsFinite(value)
            ? (double)value
            : throw new ArgumentException(FormattableString.Invariant($"Column '{name}' of row {row} (from 0) is {value}; it must be finite. Filter such rows out."), nameof(name)))];
    }

    /// <summary>A column of sums with one of how much each adds up, read in one pass.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is of another type.</exception>
    internal static IReadOnlyList<(double Sum, int Count)> SumsWithCounts(IDataView data, string sums, string counts)
    {
        DataViewSchema.Column sum = Find(data, sums, type => type == NumberDataViewType.Single, "Single"), count = Find(data, counts, type => type == NumberDataViewType.Int32, "Int32");
        using DataViewRowCursor cursor = data.GetRowCursor([sum, count]);
        ValueGetter<float> readSum = cursor.GetGetter<float>(sum);
        ValueGetter<int> readCount = cursor.GetGetter<int>(count);
        float added = 0;
        int many = 0;
        var rows = new List<(double Sum, int Count)>();
        while (cursor.MoveNext())
        {
            readSum(ref added);
            readCount(ref many);
            rows.Add((added, many));
        }

        return rows;
    }

    /// <summary>A column of vectors.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is of another type.</exception>
    internal static float[][] Vectors(IDataView data, string name)
    {
        DataViewSchema.Column column = Find(data, name, type => type is VectorDataViewType { ItemType: NumberDataViewType item } && item == NumberDataViewType.Single, "a vector of Single");
        return [.. data.GetColumn<VBuffer<float>>(column).Select(values => values.DenseValues().ToArray())];
    }

    /// <summary>A column by which rows belong together.</summary>
    /// <exception cref="ArgumentException">There is no such column, it is of another type, or a row has no value.</exception>
    internal static string[] Groups(IDataView data, string name)
    {
        DataViewSchema.Column column = Find(data, name, type => type is TextDataViewType or KeyDataViewType || GroupKeys.IsKnown(type.RawType), "String, Key or a whole number");
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        Func<string?> read = GroupKeys.Reader(cursor, column);
        var groups = new List<string>();
        while (cursor.MoveNext())
        {
            groups.Add(read() ?? throw new ArgumentException(FormattableString.Invariant($"Column '{name}' of row {groups.Count} (from 0) says no group. Filter such rows out."), nameof(name)));
        }

        return [.. groups];
    }

    private static DataViewSchema.Column Find(IDataView data, string name, Func<DataViewType, bool> fits, string expected)
    {
        if (data.Schema.GetColumnOrNull(name) is not { } column)
        {
            throw new ArgumentException($"There is no column '{name}'. The data has {string.Join(", ", data.Schema.Select(other => $"'{other.Name}'"))}.", nameof(name));
        }

        return fits(column.Type) ? column : throw new ArgumentException($"Column '{name}' is {column.Type}; it must be {expected}.", nameof(name));
    }
}
