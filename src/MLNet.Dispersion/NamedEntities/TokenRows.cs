using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with a tag for each word.</summary>
/// <param name="columns">The columns.</param>
/// <param name="cutting">How texts are cut into words that are not given apart.</param>
/// <param name="scheme">In which scheme spans become tags.</param>
/// <param name="storage">Where texts are kept.</param>
internal sealed class TokenRows(TokenColumns columns, WordCutting cutting, TaggingScheme scheme, RowStorage storage) : LabelledRows(columns, storage)
{
    private readonly StoredTexts _wordTexts = new(storage);
    private readonly StoredRows _numbers = new(2, storage);
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _numberOf = new(StringComparer.Ordinal);
    private string[] _keys = [];
    private bool _hasWords;

    /// <summary>The texts.</summary>
    internal IReadOnlyList<WordText> Words => new LazyList<WordText>(_wordTexts.Count, TextOf);

    /// <summary>One list a text.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> Tags => new LazyList<IReadOnlyList<string>>(_wordTexts.Count, row => [.. _numbers.Column(1)[row].Select(tag => _names[tag])]);

    /// <summary>The words of all texts.</summary>
    internal long WordCount { get; private set; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _wordTexts.Dispose();
        _numbers.Dispose();
    }

    /// <exception cref="ArgumentException">No row has tags, all words have the same one, or a tag of a key column never occurs.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (_wordTexts.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs texts whose words have tags."));
        }

        if (_names.Count < 2)
        {
            string what = _names.Count == 0 ? "None of them has a word." : $"All words have the tag '{_names[0]}'.";
            throw context.Process(new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"There is nothing to tell apart in the {_wordTexts.Count} training rows, column '{Columns.Label}'. {what} Fit needs words of different tags.")));
        }

        string[] never = [.. _keys.Except(_names)];
        if (never.Length > 0)
        {
            throw context.Process(new ArgumentException($"Tags of the key column '{Columns.Label}' occur in none of the {_wordTexts.Count} training rows: {Printable.FirstTen(never)}. Make the keys of these rows, by MapValueToKey in the same pipeline, or give the tags as text."));
        }
    }

    private protected override Action TextReader(DataViewRowCursor cursor) => () =>
    {
    };

    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label)
    {
        Func<WordText> text = WordsOf(cursor, cursor.Schema[Columns.Text]);
        return columns is { SpanStart: { } start, SpanEnd: { } end } ? OfSpans(cursor, text, label, start, end) : OfTags(text, TagsOf(cursor, label));
    }

    private Func<bool> OfTags(Func<WordText> readText, Func<string[]> readTags) => () =>
    {
        WordText text = readText();
        string[] tags = readTags();
        if (tags.Length == 0)
        {
            return false;
        }

        if (tags.Length != text.Words.Count)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"has {text.Words.Count} words in column '{Columns.Text}' and {tags.Length} tags in column '{Columns.Label}': each word needs one"));
        }

        int missing = Array.FindIndex(tags, string.IsNullOrWhiteSpace);
        if (missing >= 0)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"has no tag for word {missing} (from 0) in column '{Columns.Label}': outside of entities the tag is O"));
        }

        Add(text, tags);
        return true;
    };

    private Func<bool> OfSpans(DataViewRowCursor cursor, Func<WordText> readText, DataViewSchema.Column label, string start, string end)
    {
        ValueGetter<VBuffer<ReadOnlyMemory<char>>> readLabels = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(label);
        Func<int[]> readStarts = Numbers(cursor, start), readEnds = Numbers(cursor, end);
        return () =>
        {
            WordText text = readText();
            string[] labels = Vectors.Texts(readLabels);
            int[] starts = readStarts(), ends = readEnds();
            if (labels.Length != starts.Length || labels.Length != ends.Length)
            {
                throw Wrong(string.Create(CultureInfo.InvariantCulture, $"has {labels.Length} labels of spans, {starts.Length} starts and {ends.Length} ends in columns '{Columns.Label}', '{start}' and '{end}': each span needs all three"));
            }

            try
            {
                Add(text, text.Tag([.. labels.Select((name, i) => new EntitySpan(name, starts[i], ends[i]))], scheme));
            }
            catch (ArgumentException e)
            {
                throw Wrong($"has a span that cannot be learned: {e.Message}", e);
            }

            return true;
        };
    }

    private void Add(WordText text, IReadOnlyList<string> tags)
    {
        _wordTexts.Add(text.Text);
        _numbers.Add(_hasWords ? [.. text.Words.Select(word => word.End - word.Start)] : [], [.. tags.Select(NumberOf)]);
        WordCount += text.Words.Count;
    }

    private int NumberOf(string tag)
    {
        if (!_numberOf.TryGetValue(tag, out int number))
        {
            _numberOf.Add(tag, number = _names.Count);
            _names.Add(tag);
        }

        return number;
    }

    /// <summary>A text as it was read: cut again, or of the words that were given, between which is one blank each.</summary>
    private WordText TextOf(int row)
    {
        string text = _wordTexts[row];
        if (!_hasWords)
        {
            return WordText.Of(text, cutting);
        }

        int[] lengths = _numbers.Column(0)[row];
        var words = new string[lengths.Length];
        int start = 0;
        for (int word = 0; word < words.Length; word++)
        {
            words[word] = text.Substring(start, lengths[word]);
            start += lengths[word] + 1;
        }

        return WordText.OfWords(words);
    }

    private Func<WordText> WordsOf(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        _hasWords = column.Type is VectorDataViewType;
        if (_hasWords)
        {
            ValueGetter<VBuffer<ReadOnlyMemory<char>>> words = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
            return () => WordText.OfWords(Vectors.Texts(words));
        }

        Func<string> text = TextBuffer.Reader(cursor, column);
        return () => WordText.Of(text(), cutting);
    }

    private Func<string[]> TagsOf(DataViewRowCursor cursor, DataViewSchema.Column label)
    {
        if (((VectorDataViewType)label.Type).ItemType is not KeyDataViewType)
        {
            ValueGetter<VBuffer<ReadOnlyMemory<char>>> texts = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(label);
            return () => Vectors.Texts(texts);
        }

        _keys = Vectors.KeyNames(label);
        ValueGetter<VBuffer<uint>> keys = cursor.GetGetter<VBuffer<uint>>(label);
        VBuffer<uint> values = default;
        return () =>
        {
            keys(ref values);
            return [.. values.DenseValues().Select(key => key == 0 ? "" : _keys[key - 1])];
        };
    }

    private static Func<int[]> Numbers(DataViewRowCursor cursor, string name)
    {
        ValueGetter<VBuffer<int>> read = cursor.GetGetter<VBuffer<int>>(cursor.Schema[name]);
        VBuffer<int> values = default;
        return () =>
        {
            read(ref values);
            return [.. values.DenseValues()];
        };
    }

    private ArgumentException Wrong(string what, Exception? inner = null) => new(string.Create(CultureInfo.InvariantCulture, $"Row {RowsRead - 1} (from 0) {what.TrimEnd('.')}."), inner);
}
