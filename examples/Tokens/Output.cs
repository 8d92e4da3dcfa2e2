using System.Globalization;
using Spectre.Console;
using Words = Spectre.Console.Text;

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
        bool colours = AnsiConsole.Profile.Capabilities.Ansi && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        var line = new Paragraph();
        int[] shown = new int[2];
        for (int i = 0; i < cut.Encoded.Ids.Count; i++)
        {
            string text = cut.Encoded.Tokens[i];
            if (cut.Encoded.SequenceIds[i] is { } sequence)
            {
                // What no token stands for is written without a colour; of bytes of one character the character is written once.
                TextRange place = cut.Encoded.Offsets[i];
                line.Append(Shown(cut.Part(sequence, shown[sequence], place.Start)));
                text = Shown(cut.Part(sequence, Math.Max(place.Start, shown[sequence]), place.End));
                shown[sequence] = Math.Max(shown[sequence], place.End);
            }

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
                new Words(Number(i)),
                new Words(Number(cut.Encoded.Ids[i])),
                new Words(Shown(cut.Encoded.Tokens[i]), StyleOf(kind, i)),
                new Words(Shown(cut.PartOf(i))),
                new Words(stands ? Number(place.Start) : ""),
                new Words(stands ? Number(place.End) : ""),
                new Words(kind == TokenKind.Piece ? "" : kind == TokenKind.Special ? "special" : "unknown"));
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

        bool same = cut.ComesBack;
        Say(same || cut.CutOff > 0, same ? "Decoded, the text comes back as it was." : $"Decoded, the text is: {Shown(cut.Decoded)}");
    }

    private static void Say(bool good, string text) => AnsiConsole.Write(new Words(text + "\n", good ? Style.Plain : new Style(Color.Red)));

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
