using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Serving;

/// <summary>Writes columns of ML.NET's data as JSON. NaN and infinity, which JSON does not have, are null.</summary>
internal static class OutputField
{
    /// <summary>Whether values of a column can be written.</summary>
    internal static bool IsWritable(DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType or BooleanDataViewType or NumberDataViewType => true,
        KeyDataViewType key => key.RawType == typeof(uint),
        VectorDataViewType { ItemType: TextDataViewType } => true,
        VectorDataViewType { ItemType: NumberDataViewType number } => number.RawType == typeof(float) || number.RawType == typeof(double) || number.RawType == typeof(int),
        VectorDataViewType { ItemType: BooleanDataViewType } => true,
        _ => false,
    };

    /// <summary>The names of a vector's places; empty where they have none.</summary>
    internal static IReadOnlyList<string> SlotNames(DataViewSchema.Column column)
    {
        if (!column.HasSlotNames())
        {
            return [];
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>Writes a column's value in the cursor's row whenever it is called.</summary>
    internal static Action<Utf8JsonWriter> Writer(DataViewRowCursor cursor, DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType => Scalar<ReadOnlyMemory<char>>(cursor, column, (json, value) => json.WriteStringValue(value.Span)),
        BooleanDataViewType => Scalar<bool>(cursor, column, (json, value) => json.WriteBooleanValue(value)),
        KeyDataViewType => Key(cursor, column),
        VectorDataViewType { ItemType: TextDataViewType } => Vector<ReadOnlyMemory<char>>(cursor, column, (json, value) => json.WriteStringValue(value.Span)),
        VectorDataViewType { ItemType: BooleanDataViewType } => Vector<bool>(cursor, column, (json, value) => json.WriteBooleanValue(value)),
        VectorDataViewType { ItemType.RawType: var raw } => raw == typeof(float) ? Vector<float>(cursor, column, Write) : raw == typeof(double) ? Vector<double>(cursor, column, Write) : Vector<int>(cursor, column, (json, value) => json.WriteNumberValue(value)),
        { RawType: var raw } => raw == typeof(float) ? Scalar<float>(cursor, column, Write)
            : raw == typeof(double) ? Scalar<double>(cursor, column, Write)
            : raw == typeof(int) ? Scalar<int>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : raw == typeof(long) ? Scalar<long>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : raw == typeof(uint) ? Scalar<uint>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : raw == typeof(ulong) ? Scalar<ulong>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : raw == typeof(short) ? Scalar<short>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : raw == typeof(ushort) ? Scalar<ushort>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : raw == typeof(sbyte) ? Scalar<sbyte>(cursor, column, (json, value) => json.WriteNumberValue(value))
            : Scalar<byte>(cursor, column, (json, value) => json.WriteNumberValue(value)),
    };

    private static void Write(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static Action<Utf8JsonWriter> Scalar<T>(DataViewRowCursor cursor, DataViewSchema.Column column, Action<Utf8JsonWriter, T> write)
    {
        ValueGetter<T> get = cursor.GetGetter<T>(column);
        T value = default!;
        return json =>
        {
            get(ref value);
            write(json, value);
        };
    }

    private static Action<Utf8JsonWriter> Vector<T>(DataViewRowCursor cursor, DataViewSchema.Column column, Action<Utf8JsonWriter, T> write) =>
        Scalar<VBuffer<T>>(cursor, column, (json, vector) =>
        {
            json.WriteStartArray();
            foreach (T value in vector.DenseValues())
            {
                write(json, value);
            }

            json.WriteEndArray();
        });

    /// <summary>A key as what it stands for, where that is a text, else as its number from 1; a missing one as null.</summary>
    private static Action<Utf8JsonWriter> Key(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        string[]? texts = null;
        if (column.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type is VectorDataViewType { ItemType: TextDataViewType })
        {
            column.GetKeyValues(ref names);
            texts = [.. names.DenseValues().Select(name => name.ToString())];
        }

        return Scalar<uint>(cursor, column, (json, key) =>
        {
            if (key == 0)
            {
                json.WriteNullValue();
            }
            else if (texts is not null && key <= texts.Length)
            {
                json.WriteStringValue(texts[key - 1]);
            }
            else
            {
                json.WriteNumberValue(key);
            }
        });
    }
}
