using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The texts of the rows that one cursor or row looks at, from one column or two, or the words of one.</summary>
internal sealed class TextBuffer
{
    private readonly string?[] _first = [];
    private readonly string[][]? _words;
    private readonly string?[]? _second;
    private readonly Func<string>? _readFirst;
    private readonly ValueGetter<VBuffer<ReadOnlyMemory<char>>>? _readWords;
    private readonly Func<string>? _readSecond;

    internal TextBuffer(ScoringSchema schema, DataViewRow input, int capacity)
    {
        if (schema.HasWords)
        {
            _words = new string[capacity][];
            _readWords = input.GetGetter<VBuffer<ReadOnlyMemory<char>>>(schema.Text);
        }
        else
        {
            _first = new string?[capacity];
            _readFirst = Reader(input, schema.Text);
        }

        if (schema.SecondText is { } second)
        {
            _second = new string?[capacity];
            _readSecond = Reader(input, second);
        }
    }

    /// <summary>Reads the texts of the input's current row.</summary>
    internal void Capture(int slot)
    {
        if (_readFirst is not null)
        {
            _first[slot] = _readFirst();
        }

        _words?[slot] = Vectors.Texts(_readWords!);
        _second?[slot] = _readSecond!();
    }

    /// <summary>The texts captured first, as many as asked for.</summary>
    internal RowTexts Texts(int count) => _words is null
        ? new(Part(_first, count), _second is null ? (IReadOnlyList<string?>?)null : Part(_second, count))
        : new([]) { Words = new ArraySegment<string[]>(_words, 0, count) };

    /// <summary>Reads a column of texts as they are, and one of vectors of texts as JSON lists.</summary>
    internal static Func<string> Reader(DataViewRow input, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
        {
            ValueGetter<VBuffer<ReadOnlyMemory<char>>> getVector = input.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
            return () => JsonSerializer.Serialize(Vectors.Texts(getVector));
        }

        ValueGetter<ReadOnlyMemory<char>> getText = input.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            getText(ref text);
            return text.ToString();
        };
    }

    private static ArraySegment<string?> Part(string?[] texts, int count) => new(texts, 0, count);
}
