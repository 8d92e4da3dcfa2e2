using System.Text;

namespace MLNet.Dispersion.Models;

/// <summary>The keys of a GGUF file that is to be written, in their order.</summary>
internal sealed class GgufMetadata
{
    private const uint WholeType = 4;
    private const uint SignedType = 5;
    private const uint NumberType = 6;
    private const uint FlagType = 7;
    private const uint TextType = 8;
    private const uint ArrayType = 9;

    private readonly List<string> _order = [];
    private readonly Dictionary<string, GgufValue> _values = new(StringComparer.Ordinal);

    /// <summary>What a reader of the file finds.</summary>
    internal IReadOnlyDictionary<string, GgufValue> Values => _values;

    internal bool Has(string key) => _values.ContainsKey(key);

    internal void Text(string key, string value) => Add(key, new GgufValue(TextType, false, value));

    internal void Whole(string key, int value) => Add(key, new GgufValue(WholeType, false, (long)value));

    internal void Number(string key, double value) => Add(key, new GgufValue(NumberType, false, (double)(float)value));

    internal void Flag(string key, bool value) => Add(key, new GgufValue(FlagType, false, value));

    internal void Texts(string key, IEnumerable<string> values) => Add(key, new GgufValue(TextType, true, values.ToArray()));

    internal void Numbers(string key, IEnumerable<float> values) => Add(key, new GgufValue(NumberType, true, values.ToArray()));

    internal void Signed(string key, IEnumerable<int> values) => Add(key, new GgufValue(SignedType, true, values.ToArray()));

    /// <summary>Writes the keys with their values.</summary>
    internal void Write(BinaryWriter writer)
    {
        foreach (string key in _order)
        {
            GgufValue value = _values[key];
            Text(writer, key);
            if (value.IsArray)
            {
                writer.Write(ArrayType);
                writer.Write(value.Type);
                writer.Write((ulong)((Array)value.Value).Length);
                Elements(writer, value.Value);
            }
            else
            {
                writer.Write(value.Type);
                Scalar(writer, value.Type, value.Value);
            }
        }
    }

    /// <summary>The number of keys.</summary>
    internal int Count => _order.Count;

    /// <summary>Writes a text as GGUF does: its bytes' number, and the bytes.</summary>
    internal static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Elements(BinaryWriter writer, object values)
    {
        switch (values)
        {
            case string[] texts:
                Array.ForEach(texts, text => Text(writer, text));
                break;
            case float[] numbers:
                Array.ForEach(numbers, writer.Write);
                break;
            default:
                Array.ForEach((int[])values, writer.Write);
                break;
        }
    }

    private static void Scalar(BinaryWriter writer, uint type, object value)
    {
        switch (type)
        {
            case WholeType:
                writer.Write((uint)(long)value);
                break;
            case NumberType:
                writer.Write((float)(double)value);
                break;
            case FlagType:
                writer.Write((bool)value);
                break;
            default:
                Text(writer, (string)value);
                break;
        }
    }

    private void Add(string key, GgufValue value)
    {
        if (!_values.TryAdd(key, value))
        {
            throw new InvalidOperationException($"The key {key} was set before.");
        }

        _order.Add(key);
    }
}
