using System.Text;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Text;

/// <summary>Loads a byte-level BPE tokenizer from vocab.json and merges.txt and the files beside them.</summary>
internal static class VocabMergesLoader
{
    internal const string VocabularyFile = "vocab.json";
    internal const string MergesFile = "merges.txt";

    internal static ByteLevelBpeModel Load(FileSource source)
    {
        Dictionary<string, int> vocabulary = BpeVocabularyReader.ReadVocabulary(JsonField.Read(source, VocabularyFile));
        List<(string Left, string Right)> merges = BpeVocabularyReader.ReadMergesText(source, MergesFile, vocabulary);
        var side = new TokenizerSideFiles(source);
        var table = new AddedTokenTable(vocabulary);
        side.Collect(table);
        int? bos = side.RoleId("bos_token", "bos_token_id", table);
        int? eos = side.RoleId("eos_token", "eos_token_id", table);
        MarkControlTokens([bos, eos], table, merges);
        bool qwen = IsQwen(side);
        var model = new ByteLevelBpeModel
        {
            Vocabulary = vocabulary,
            Merges = merges,
            AddedTokens = table.Tokens,
            Patterns = [qwen ? PreTokenizerPatterns.Qwen2() : PreTokenizerPatterns.Gpt2()],
            Normalize = qwen ? UnicodeNormalization.To(NormalizationForm.FormC) : null,
            AddPrefixSpace = side.Flag("add_prefix_space") ?? false,
            Prefix = side.Flag("add_bos_token") == true && bos is { } first ? [first] : [],
            Suffix = side.Flag("add_eos_token") == true && eos is { } last ? [last] : [],
            BosTokenId = bos,
            EosTokenId = eos,
            Files = new TokenizerFileSet([]),
        };
        string tokenizerClass = side.TokenizerClass ?? (qwen ? "Qwen2Tokenizer" : "GPT2Tokenizer");
        return model with { Files = VocabMergesWriter.Write(model, tokenizerClass, source) };
    }

    private static bool IsQwen(TokenizerSideFiles side) =>
        side.TokenizerClass is { } name
            ? name.StartsWith("Qwen2", StringComparison.Ordinal)
            : side.ModelType is { } type && Regex.IsMatch(type, "^qwen[23]");

    /// <summary>
    /// A beginning or end token that only config.json names by its number is looked for in the text if no merge makes it and it is no byte:
    /// then it is a control token, and not a wrong number that happens to hit a word.
    /// </summary>
    private static void MarkControlTokens(IEnumerable<int?> ids, AddedTokenTable table, List<(string Left, string Right)> merges)
    {
        foreach (int id in ids.OfType<int>())
        {
            string content = table.ContentOf(id)!;
            bool isByte = content.Length == 1 && ByteSymbols.IsSymbol(content[0]);
            if (!isByte && !merges.Exists(m => m.Left.Length + m.Right.Length == content.Length && m.Left + m.Right == content))
            {
                table.MarkSpecial(content);
            }
        }
    }
}
