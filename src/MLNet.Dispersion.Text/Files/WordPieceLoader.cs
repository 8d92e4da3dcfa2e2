using System.Text;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Loads a word-piece tokenizer from vocab.txt with tokenizer_config.json, or from tokenizer.json.</summary>
internal static class WordPieceLoader
{
    private const string Cure = "Fetch the file again from where the model came from";

    /// <summary>From vocab.txt: one piece a line, its number the id.</summary>
    internal static WordPieceModel LoadVocabulary(FileSource source)
    {
        string file = source.Describe(WordPieceModel.VocabularyFileName);
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(source.ReadAllBytes(WordPieceModel.VocabularyFileName));
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFileException(file, $"It is not UTF-8 text. {Cure}.", innerException: e);
        }

        string[] lines = text.TrimStart('\ufeff').Split('\n');
        string[] pieces = [.. lines.Take(lines[^1].Length == 0 ? lines.Length - 1 : lines.Length).Select(line => line.TrimEnd('\r'))];
        var side = new TokenizerSideFiles(source);
        bool lowerCase = side.Flag("do_lower_case") ?? true;
        return Checked(file, new WordPieceModel(pieces)
        {
            LowerCase = lowerCase,
            StripAccents = side.Flag("strip_accents") ?? lowerCase,
            SplitChinese = side.Flag("tokenize_chinese_chars") ?? true,
        });
    }

    /// <summary>Whether a tokenizer.json holds a word-piece model.</summary>
    internal static bool IsWordPiece(JsonField root) => root.Find("model")?.Find("type") is { Kind: System.Text.Json.JsonValueKind.String } type && type.AsString() == "WordPiece";

    /// <summary>From tokenizer.json.</summary>
    internal static WordPieceModel LoadJson(FileSource source, JsonField root)
    {
        JsonField model = root.Get("model");
        if (model.Find("continuing_subword_prefix") is { } prefix && prefix.AsString() != "##")
        {
            throw prefix.Fail("pieces inside words must be marked with \"##\"");
        }

        JsonField? normalizer = root.Find("normalizer");
        if (normalizer is { } kind && kind.Get("type").AsString() != "BertNormalizer")
        {
            throw kind.Fail("word pieces are supported with the BertNormalizer alone");
        }

        bool lowerCase = normalizer?.Find("lowercase")?.AsBoolean() ?? false;
        return Checked(source.Describe(TokenizerJsonLoader.File), new WordPieceModel(Pieces(model.Get("vocab")))
        {
            LowerCase = lowerCase,
            StripAccents = normalizer?.Find("strip_accents")?.AsBoolean() ?? lowerCase,
            SplitChinese = normalizer?.Find("handle_chinese_chars")?.AsBoolean() ?? false,
        });
    }

    /// <summary>The files that load equal, here and in Hugging Face's library.</summary>
    internal static TokenizerFileSet Files(WordPieceModel model)
    {
        var roles = new JsonObject
        {
            ["cls_token"] = WordPieceModel.Classification,
            ["sep_token"] = WordPieceModel.End,
            ["pad_token"] = WordPieceModel.Padding,
            ["unk_token"] = WordPieceModel.Unknown,
            ["mask_token"] = WordPieceModel.Mask,
        };
        var config = roles.DeepClone().AsObject();
        config["tokenizer_class"] = "BertTokenizer";
        config["do_lower_case"] = model.LowerCase;
        config["strip_accents"] = model.StripAccents;
        config["tokenize_chinese_chars"] = model.SplitChinese;
        return new TokenizerFileSet(
        [
            new(WordPieceModel.VocabularyFileName, model.VocabularyFile()),
            new(TokenizerSideFiles.ConfigFile, TokenizerConfigWriter.Bytes(config)),
            new(TokenizerSideFiles.MapFile, TokenizerConfigWriter.Bytes(roles)),
        ]);
    }

    private static string[] Pieces(JsonField vocabulary)
    {
        (string Name, JsonField Value)[] members = [.. vocabulary.Members()];
        var pieces = new string?[members.Length];
        foreach ((string piece, JsonField id) in members)
        {
            int value = id.AsTokenId();
            if (value >= pieces.Length || pieces[value] is not null)
            {
                throw id.Fail($"the ids of {members.Length} pieces must be 0 to {members.Length - 1}, each once");
            }

            pieces[value] = piece;
        }

        return [.. pieces.Select(piece => piece!)];
    }

    private static WordPieceModel Checked(string file, WordPieceModel model)
    {
        string[] missing = [.. new[] { WordPieceModel.Classification, WordPieceModel.End, WordPieceModel.Padding, WordPieceModel.Unknown, WordPieceModel.Mask }.Where(token => !model.Holds(token))];
        if (missing.Length > 0)
        {
            throw new ModelFileException(file, $"The vocabulary of {model.Pieces.Count} pieces lacks {string.Join(", ", missing)}. {Cure}.");
        }

        if (model.Pieces.Any(piece => piece.Contains('\n') || piece.Contains('\r')))
        {
            throw new ModelFileException(file, $"A piece holds a line break, which no word does. {Cure}.");
        }

        return model;
    }
}
