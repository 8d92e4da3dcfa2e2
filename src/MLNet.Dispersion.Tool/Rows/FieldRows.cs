using System.Globalization;

namespace MLNet.Dispersion.Tool;

/// <summary>Gathers rows whose fields have names of their own, as JSON lines and Parquet have them, into columns.</summary>
internal sealed class FieldRows
{
    private readonly Dictionary<string, Field> _fields = [];
    private readonly List<string> _order = [];
    private int _rows;

    /// <summary>Begins a row.</summary>
    public void BeginRow() => _rows++;

    /// <summary>Adds a value: null, a text, a number, a Boolean, or a list of such; anything else makes the field one that cannot be read.</summary>
    public void Add(string name, object? value)
    {
        if (!_fields.TryGetValue(name, out Field? field))
        {
            _fields[name] = field = new Field();
            _order.Add(name);
        }

        field.Set(_rows - 1, value);
    }

    /// <summary>The table.</summary>
    public RowTable ToTable(string path, IReadOnlyList<int>? lines)
    {
        var refused = new Dictionary<string, string>();
        var columns = new List<RowColumn>();
        foreach (string name in _order)
        {
            Field field = _fields[name];
            if (field.Refusal is { } reason)
            {
                refused[name] = reason;
            }
            else
            {
                columns.Add(field.ToColumn(name, _rows));
            }
        }

        if (columns.Count == 0 && refused.Count > 0)
        {
            throw new ToolException($"{path}: none of its fields can be read: {string.Join(" ", refused.Select(pair => $"'{pair.Key}' {pair.Value}"))}");
        }

        return new RowTable(path, columns, lines, refused);
    }

    /// <summary>A value as a text; null where it is none.</summary>
    private static string? TextOf(object value) => value switch
    {
        string text => text,
        ReadOnlyMemory<char> text => text.ToString(),
        bool truth => truth ? "true" : "false",
        IFormattable number and (sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal or DateTime or DateTimeOffset or DateOnly or Guid) =>
            number.ToString(number is DateTime or DateTimeOffset ? "O" : null, CultureInfo.InvariantCulture),
        _ => null,
    };

    private sealed class Field
    {
        private readonly Dictionary<int, string> _texts = [];
        private readonly Dictionary<int, IReadOnlyList<string>> _lists = [];

        public string? Refusal { get; private set; }

        public void Set(int row, object? value)
        {
            if (value is null || Refusal is not null)
            {
                return;
            }

            if (TextOf(value) is { } text)
            {
                _texts[row] = text;
            }
            else if (value is System.Collections.IEnumerable list and not System.Collections.IDictionary and not byte[]
                && list.Cast<object?>().Select(item => item is null ? null : TextOf(item)).ToArray() is { } items && Array.TrueForAll(items, item => item is not null))
            {
                _lists[row] = items!;
            }
            else
            {
                Refusal = $"holds {(value is byte[] or ReadOnlyMemory<byte> ? "bytes" : "values with fields of their own")}; only texts, numbers, true and false, and lists of these are read. Write what is wanted of it into a field of its own.";
            }

            if (_texts.Count > 0 && _lists.Count > 0)
            {
                Refusal = "holds lists in some rows and single values in others. Write one or the other in all.";
            }
        }

        public RowColumn ToColumn(string name, int rows) => _lists.Count > 0
            ? new RowColumn(name, [.. Enumerable.Range(0, rows).Select(row => _lists.GetValueOrDefault(row))])
            : new RowColumn(name, [.. Enumerable.Range(0, rows).Select(row => _texts.GetValueOrDefault(row))]);
    }
}
