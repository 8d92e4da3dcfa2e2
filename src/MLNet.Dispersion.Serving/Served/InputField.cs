using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Serving;

/// <summary>A column of the model's data as a field of a row in JSON. Immutable and thread-safe.</summary>
/// <param name="column">The column.</param>
/// <param name="isRequired">Whether a row must have it.</param>
internal sealed class InputField(DataViewSchema.Column column, bool isRequired)
{
    /// <summary>Its name.</summary>
    internal string Name => column.Name;

    /// <summary>The column.</summary>
    internal DataViewSchema.Column Column => column;

    /// <summary>Whether a row must have it.</summary>
    internal bool IsRequired => isRequired;

    /// <summary>What it takes, for errors; null where it cannot be sent.</summary>
    internal string? Kind => column.Type switch
    {
        TextDataViewType => "a string",
        BooleanDataViewType => "true or false",
        NumberDataViewType => "a number",
        VectorDataViewType { ItemType: TextDataViewType } => "an array of strings",
        VectorDataViewType { ItemType: NumberDataViewType number } when number.RawType == typeof(float) => "an array of numbers",
        _ => null,
    };

    /// <summary>What stands in rows that lack it.</summary>
    internal object? Missing => column.Type.RawType == typeof(float) ? float.NaN : column.Type.RawType == typeof(double) ? double.NaN : null;

    /// <summary>Reads a value.</summary>
    /// <param name="json">The value.</param>
    /// <param name="value">The value as ML.NET has it.</param>
    /// <param name="characters">The characters of its longest text.</param>
    /// <returns>Whether it is of the column's kind.</returns>
    internal bool TryRead(JsonElement json, out object? value, out int characters)
    {
        characters = 0;
        value = (json.ValueKind, column.Type) switch
        {
            (JsonValueKind.String, TextDataViewType) => Text(json, ref characters),
            (JsonValueKind.True or JsonValueKind.False, BooleanDataViewType) => json.GetBoolean(),
            (JsonValueKind.Number, NumberDataViewType number) => Number(json, number.RawType),
            (JsonValueKind.Array, VectorDataViewType { ItemType: TextDataViewType } vector) => Texts(json, vector, ref characters),
            (JsonValueKind.Array, VectorDataViewType { ItemType: NumberDataViewType { RawType: var raw } } vector) when raw == typeof(float) => Numbers(json, vector),
            _ => null,
        };
        return value is not null;
    }

    private static object Text(JsonElement json, ref int characters)
    {
        string text = json.GetString()!;
        characters = Math.Max(characters, text.Length);
        return text.AsMemory();
    }

    private static object? Texts(JsonElement json, VectorDataViewType type, ref int characters)
    {
        var texts = new ReadOnlyMemory<char>[json.GetArrayLength()];
        int i = 0;
        foreach (JsonElement one in json.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            texts[i++] = (ReadOnlyMemory<char>)Text(one, ref characters);
        }

        characters = Math.Max(characters, texts.Sum(text => text.Length));
        return type.IsKnownSize && type.Size != texts.Length ? null : new VBuffer<ReadOnlyMemory<char>>(texts.Length, texts);
    }

    private static object? Numbers(JsonElement json, VectorDataViewType type)
    {
        var numbers = new float[json.GetArrayLength()];
        int i = 0;
        foreach (JsonElement one in json.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Number || !one.TryGetSingle(out numbers[i++]))
            {
                return null;
            }
        }

        return type.IsKnownSize && type.Size != numbers.Length ? null : new VBuffer<float>(numbers.Length, numbers);
    }

    private static object? Number(JsonElement json, Type type) =>
        type == typeof(float) ? json.TryGetSingle(out float single) && float.IsFinite(single) ? single : null
        : type == typeof(double) ? json.TryGetDouble(out double number) && double.IsFinite(number) ? number : null
        : type == typeof(int) ? json.TryGetInt32(out int int32) ? int32 : null
        : type == typeof(long) ? json.TryGetInt64(out long int64) ? int64 : null
        : type == typeof(uint) ? json.TryGetUInt32(out uint uint32) ? uint32 : null
        : type == typeof(ulong) ? json.TryGetUInt64(out ulong uint64) ? uint64 : null
        : type == typeof(short) ? json.TryGetInt16(out short int16) ? int16 : null
        : type == typeof(ushort) ? json.TryGetUInt16(out ushort uint16) ? uint16 : null
        : type == typeof(sbyte) ? json.TryGetSByte(out sbyte int8) ? int8 : null
        : type == typeof(byte) ? json.TryGetByte(out byte uint8) ? uint8 : null
        : null;
}
