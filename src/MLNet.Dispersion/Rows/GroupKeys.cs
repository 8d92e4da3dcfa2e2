using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Reads the column by which rows belong together: text, keys or whole numbers.</summary>
internal static class GroupKeys
{
    private static readonly Type[] Numbers = [typeof(byte), typeof(ushort), typeof(uint), typeof(ulong), typeof(short), typeof(int), typeof(long)];

    /// <summary>Whether values of the type can be read.</summary>
    internal static bool IsKnown(Type type) => Numbers.Contains(type);

    /// <summary>What reads the value of the row that the cursor stands on, as text; null where there is none.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">A column that was checked.</param>
    internal static Func<string?> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        Type type = column.Type.RawType;
        return type == typeof(ReadOnlyMemory<char>) ? Of<ReadOnlyMemory<char>>(row, column, (value, _) => value.IsEmpty ? null : value.ToString())
            : type == typeof(byte) ? Of<byte>(row, column, Present)
            : type == typeof(ushort) ? Of<ushort>(row, column, Present)
            : type == typeof(uint) ? Of<uint>(row, column, Present)
            : type == typeof(ulong) ? Of<ulong>(row, column, Present)
            : type == typeof(short) ? Of<short>(row, column, Present)
            : type == typeof(int) ? Of<int>(row, column, Present)
            : Of<long>(row, column, Present);
    }

    private static Func<string?> Of<T>(DataViewRow row, DataViewSchema.Column column, Func<T, bool, string?> text)
    {
        ValueGetter<T> read = row.GetGetter<T>(column);
        bool isKey = column.Type is KeyDataViewType;
        T value = default!;
        return () =>
        {
            read(ref value);
            return text(value, isKey);
        };
    }

    // The key 0 is none.
    private static string? Present<T>(T value, bool isKey)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture) is var text && isKey && text == "0" ? null : text;
}
