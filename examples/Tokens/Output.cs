using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.Tokens;

/// <summary>Writes tokens to the console: in colours on a terminal, with bars between the pieces where there are none.</summary>
internal static class Output
{
    private static readonly Style[] Pieces = [new(Color.Black, Color.LightSkyBlue1), new(Color.Black, Color.PaleGreen1)];
    private static readonly Style Special = new(Color.White, Color.Purple);
    private static readonly Style Unknown = new(Color.White, Color.Red);

    /// <summary>Writes the text with its pieces, a table of all tokens, and what is to be said of them.</summary>
    public static void Write(CutText cut, PipelineTokenizer tokenizer)
    {
        WriteText(cut);
        WriteTable(cut);
        WriteFindings(cut, tokenizer);
    }

    private static void WriteText(CutText cut)
    {
        bool colours = AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var line = new Paragraph();
        for (int i = 0; i < cut.Encoded.Ids.Count; i++)
        {
            // Tokens that are bytes of one character all stand for it: it is written once.
            bool again = i > 0 && cut.Encoded.Offsets[i].Start < cut.Encoded.Offsets[i - 1].End && cut.Encoded.SequenceIds[i] is not null && cut.Encoded.SequenceIds[i] == cut.Encoded.SequenceIds[i - 1];
            string text = cut.Encoded.SequenceIds[i] is null ? cut.Encoded.Tokens[i] : again ? "" : Shown(cut.PartOf(i));
            line.Append(colours ? text : text + "|", colours ? StyleOf(cut.KindOf(i), i) : Style.Plain);
        }

        AnsiConsole.Write(line);
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine();
    }

    private static void WriteTable(CutText cut)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumns(new TableColumn("#").RightAligned(), new TableColumn("id").RightAligned(), new TableColumn("piece"), new TableColumn("text"), new TableColumn("from").RightAligned(), new TableColumn("to").RightAligned(), new TableColumn(""));
        for (int i = 0; i < cut.Encoded.Ids.Count; i++)
        {
            TokenKind kind = cut.KindOf(i);
            bool stands = cut.Encoded.SequenceIds[i] is not null;
            TextRange place = cut.Encoded.Offsets[i];
            table.AddRow(
                new Text(Number(i)),
                new Text(Number(cut.Encoded.Ids[i])),
                new Text(Shown(cut.Encoded.Tokens[i]), StyleOf(kind, i)),
                new Text(Shown(cut.PartOf(i))),
                new Text(stands ? Number(place.Start) : ""),
                new Text(stands ? Number(place.End) : ""),
                new Text(kind == TokenKind.Piece ? "" : kind == TokenKind.Special ? "special" : "unknown"));
        }

        AnsiConsole.Write(table);
    }

    private static void WriteFindings(CutText cut, PipelineTokenizer tokenizer)
    {
        int own = cut.Encoded.SpecialTokensMask.Count(mask => !mask);
        AnsiConsole.WriteLine($"{Number(cut.Encoded.Ids.Count)} tokens, {Number(own)} of the text of {Number(cut.Text.Length)} UTF-16 units; the vocabulary has {Number(tokenizer.VocabularySize)} ids.");
        if (tokenizer.ModelMaxLength is { } limit)
        {
            Say(cut.Encoded.Ids.Count <= limit, $"The model reads at most {Number(limit)} tokens.");
        }

        if (cut.CutOff > 0)
        {
            Say(good: false, $"Cut off: {Number(cut.CutOff)} tokens did not fit.");
        }

        if (cut.Unknown > 0)
        {
            Say(good: false, $"Unknown: {Number(cut.Unknown)} tokens stand for text that the vocabulary cannot tell. The model does not see what it was.");
        }

        bool same = cut.Decoded == cut.Text;
        Say(same || cut.CutOff > 0, same ? "Decoded, the text comes back as it was." : $"Decoded, the text is: {Shown(cut.Decoded)}");
    }

    private static void Say(bool good, string text) => AnsiConsole.Write(new Text(text + "\n", good ? Style.Plain : new Style(Color.Red)));

    private static Style StyleOf(TokenKind kind, int i) => kind switch
    {
        TokenKind.Special => Special,
        TokenKind.Unknown => Unknown,
        _ => Pieces[i % Pieces.Length],
    };

    /// <summary>Text with signs in the place of what cannot be seen.</summary>
    private static string Shown(string text) => string.Concat(text.Select(c => c switch
    {
        '\n' => "⏎",
        '\r' => "␍",
        '\t' => "⇥",
        ' ' => "·",
        _ when char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => $"\\u{(int)c:x4}",
        _ => c.ToString(),
    }));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
