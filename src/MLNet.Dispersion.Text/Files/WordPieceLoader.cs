using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Loads a word-piece tokenizer from vocab.txt with tokenizer_config.json.</summary>
internal static class WordPieceLoader
{
    internal const string File = "vocab.txt";
    private const string Cure = "Fetch the file again from where the model came from";
    private const int MostCharacters = 100;

    internal static CheckpointParts Load(FileSource source, SideFiles side, TokenizerClass named)
    {
        string file = source.Describe(File);
        byte[] bytes = source.ReadAllBytes(File);
        TokenizerClass kind = named.IsBert ? named : TokenizerClass.Bert;
        var model = new LongestPieceModel(Pieces(bytes, file), Role("unk_token"), "##", MostCharacters);
        bool lower = side.Flag("do_lower_case") ?? true;
        var parts = new PipelineParts
        {
            Model = model,
            Normalizer = BertNormalizer.Create(cleanText: true, side.Flag("tokenize_chinese_chars") ?? true, side.Flag("strip_accents"), lower),
            Cutter = new BertCutter(),
            Decoder = new WordPieceDecoder("##", cleanUp: true),
        };
        string[] missing = [.. new[] { "cls_token", "sep_token", "unk_token" }.Where(role => model.IdOf(Role(role)) is null && !IsAdded(role)).Select(Role)];
        if (missing.Length > 0)
        {
            throw new ModelFileException(file, $"The vocabulary of {model.Count} pieces lacks {string.Join(", ", missing)}. {Cure}.");
        }

        return new CheckpointParts
        {
            Parts = parts,
            Class = kind,
            MainFiles = [new(File, bytes)],
            CleansUp = true,
            Frame = (framed, added) => framed with { Processor = Processor(kind, (added.IdOf(Role("sep_token"))!.Value, Role("sep_token")), (added.IdOf(Role("cls_token"))!.Value, Role("cls_token"))) },
        };

        string Role(string role) => side.Role(role)?.Content ?? kind.Defaults[role];

        bool IsAdded(string role) => side.States(role) || side.Definitions().Any(token => token.Content == Role(role));
    }

    private static TemplateProcessor Processor(TokenizerClass kind, (int Id, string Text) separator, (int Id, string Text) first)
    {
        // Of MPNet two separators stand between the texts.
        bool twice = kind.StripsBeforeMask;
        var a = new TemplatePart(0, 0, "A");
        var b = new TemplatePart(1, 1, "B");
        var cls = new TemplatePart(-1, 0, "cls");
        var sep = new TemplatePart(-1, 0, "sep");
        TemplatePart[] pair = twice ? [cls, a, sep, sep, b, sep with { TypeId = 1 }] : [cls, a, sep, b, sep with { TypeId = 1 }];
        return new TemplateProcessor([cls, a, sep], pair, new Dictionary<string, (int Id, string Text)[]> { ["cls"] = [first], ["sep"] = [separator] });
    }

    /// <summary>One piece a line, its number the id; of the same piece the last line counts.</summary>
    private static Vocabulary Pieces(byte[] bytes, string file)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFileException(file, $"It is not UTF-8 text. {Cure}.", innerException: e);
        }

        string[] lines = text.TrimStart('\ufeff').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        var pieces = Vocabulary.Of(lines.Take(lines[^1].Length == 0 ? lines.Length - 1 : lines.Length).Select((piece, id) => (piece, id)));
        return pieces.Count > 0 ? pieces : throw new ModelFileException(file, $"The vocabulary has no pieces. {Cure}.");
    }
}
