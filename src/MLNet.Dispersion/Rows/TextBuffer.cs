using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The texts of the rows that one cursor or row looks at, from one column or two.</summary>
internal sealed class TextBuffer
{
    private readonly string?[] _first = [];
    private readonly string[][]? _words;
    private readonly string?[]? _second;
    private readonly ValueGetter<ReadOnlyMemory<char>>? _readFirst;
    private readonly ValueGetter<VBuffer<ReadOnlyMemory<char>>>? _readWords;
    private readonly ValueGetter<ReadOnlyMemory<char>>? _readSecond;

    internal TextBuffer(ScoringSchema schema, DataViewRow input, int capacity)
    {
        if (schema.Text.Type is VectorDataViewType)
        {
            _words = new string[capacity][];
            _readWords = input.GetGetter<VBuffer<ReadOnlyMemory<char>>>(schema.Text);
        }
        else
        {
            _first = new string?[capacity];
            _readFirst = input.GetGetter<ReadOnlyMemory<char>>(schema.Text);
        }

        if (schema.SecondText is { } second)
        {
            _second = new string?[capacity];
            _readSecond = input.GetGetter<ReadOnlyMemory<char>>(second);
        }
    }

    /// <summary>Reads the texts of the input's current row.</summary>
    internal void Capture(int slot)
    {
        if (_readFirst is not null)
        {
            _first[slot] = Read(_readFirst);
        }

        _words?[slot] = Vectors.Texts(_readWords!);
        _second?[slot] = Read(_readSecond!);
    }

    /// <summary>The texts captured first, as many as asked for.</summary>
    internal RowTexts Texts(int count) => _words is null
        ? new(Part(_first, count), _second is null ? (IReadOnlyList<string?>?)null : Part(_second, count))
        : new([]) { Words = new ArraySegment<string[]>(_words, 0, count) };

    private static ArraySegment<string?> Part(string?[] texts, int count) => new(texts, 0, count);

    private static string Read(ValueGetter<ReadOnlyMemory<char>> getter)
    {
        ReadOnlyMemory<char> text = default;
        getter(ref text);
        return text.ToString();
    }
}
