using System.Globalization;

namespace MLNet.Dispersion.Tool;

/// <summary>A column of a file of rows: its cells as texts, whatever the file's format.</summary>
internal sealed class RowColumn
{
    /// <summary>Makes a column of single values; the kind is what all its cells can be read as.</summary>
    public RowColumn(string name, IReadOnlyList<string?> texts)
    {
        Name = name;
        Texts = texts;
        Kind = Infer(texts);
    }

    /// <summary>Makes a column of lists.</summary>
    public RowColumn(string name, IReadOnlyList<IReadOnlyList<string>?> lists)
    {
        Name = name;
        Lists = lists;
        Texts = [.. lists.Select(list => list is null ? null : string.Join(';', list))];
        Kind = RowKind.List;
    }

    public string Name { get; }

    /// <summary>The cells; null where the file has none, of lists joined by semicolons.</summary>
    public IReadOnlyList<string?> Texts { get; }

    /// <summary>The cells of a column of lists; null for other columns.</summary>
    public IReadOnlyList<IReadOnlyList<string>?>? Lists { get; }

    public RowKind Kind { get; }

    /// <summary>The column as ML.NET's, of its own kind.</summary>
    public TableDataColumn ToData() => Kind switch
    {
        RowKind.Number => TableDataColumn.OfNumbers(Name, Texts.Select(text => NumberOf(text) ?? double.NaN)),
        RowKind.Boolean => TableDataColumn.OfBooleans(Name, Texts.Select(text => bool.Parse(text!))),
        _ => TableDataColumn.OfTexts(Name, Texts.Select(text => text ?? "")),
    };

    /// <summary>A text as a number; null where it is none.</summary>
    public static double? NumberOf(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    // Digits with zeros in front, such as postcodes, are names and no numbers.
    private static RowKind Infer(IReadOnlyList<string?> texts)
    {
        bool any = texts.Any(text => text is not null);
        return any && texts.All(text => text is not null && bool.TryParse(text, out _)) ? RowKind.Boolean
            : any && texts.All(text => text is null || (NumberOf(text) is not null && !(text.Length > 1 && text[0] == '0' && char.IsAsciiDigit(text[1])))) ? RowKind.Number
            : RowKind.Text;
    }
}
