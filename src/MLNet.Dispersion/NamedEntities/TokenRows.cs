using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The texts of the training data with a tag for each word, read once into memory.</summary>
/// <param name="columns">The columns.</param>
/// <param name="cutting">How texts are cut into words that are not given apart.</param>
/// <param name="scheme">In which scheme spans become tags.</param>
internal sealed class TokenRows(TokenColumns columns, WordCutting cutting, TaggingScheme scheme) : LabelledRows(columns)
{
    private readonly List<WordText> _words = [];
    private readonly List<IReadOnlyList<string>> _tags = [];
    private string[] _keys = [];

    /// <summary>The texts.</summary>
    internal IReadOnlyList<WordText> Words => _words;

    /// <summary>One list a text.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> Tags => _tags;

    /// <exception cref="ArgumentException">No row has tags, all words have the same one, or a tag of a key column never occurs.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        if (_tags.Count == 0)
        {
            throw context.Process(new ArgumentException(NoRows() + " Fit needs texts whose words have tags."));
        }

        string[] occurring = [.. _tags.SelectMany(tags => tags).Distinct(StringComparer.Ordinal)];
        if (occurring.Length < 2)
        {
            string what = occurring.Length == 0 ? "None of them has a word." : $"All words have the tag '{occurring[0]}'.";
            throw context.Process(new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"There is nothing to tell apart in the {_tags.Count} training rows, column '{Columns.Label}'. {what} Fit needs words of different tags.")));
        }

        string[] never = [.. _keys.Except(occurring)];
        if (never.Length > 0)
        {
            throw context.Process(new ArgumentException($"Tags of the key column '{Columns.Label}' occur in none of the {_tags.Count} training rows: {Printable.FirstTen(never)}. Make the keys of these rows, by MapValueToKey in the same pipeline, or give the tags as text."));
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
        _words.Add(text);
        _tags.Add(tags);
    }

    private Func<WordText> WordsOf(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
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
