using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Writes a byte-level BPE tokenizer in the Hugging Face form of vocab.json and merges.txt.</summary>
internal static class VocabMergesWriter
{
    /// <summary>The files of a tokenizer.</summary>
    /// <param name="model">The tokenizer.</param>
    /// <param name="tokenizerClass">The <c>tokenizer_class</c> to write.</param>
    /// <param name="source">Where it came from: what its tokenizer_config.json says besides is kept. Null for a new one.</param>
    internal static TokenizerFileSet Write(ByteLevelBpeModel model, string tokenizerClass, FileSource? source)
    {
        JsonObject config = TokenizerConfigWriter.Original(source, TokenizerSideFiles.ConfigFile);
        config["tokenizer_class"] = tokenizerClass;
        config["add_prefix_space"] = model.AddPrefixSpace;
        config["add_bos_token"] = model.Prefix.Count > 0;
        config["add_eos_token"] = model.Suffix.Count > 0;
        TokenizerConfigWriter.SetTokens(config, model.AddedTokens, id => ContentOf(model, id), model.BosTokenId, model.EosTokenId);
        return new TokenizerFileSet(
        [
            new(VocabMergesLoader.VocabularyFile, Vocabulary(model.Vocabulary)),
            new(VocabMergesLoader.MergesFile, Merges(model.Merges)),
            new(TokenizerSideFiles.ConfigFile, TokenizerConfigWriter.Bytes(config)),
            new(TokenizerSideFiles.MapFile, TokenizerConfigWriter.Bytes(TokenizerConfigWriter.SpecialTokensMap(config, source))),
        ]);
    }

    private static string ContentOf(ByteLevelBpeModel model, int id) =>
        model.AddedTokens.FirstOrDefault(t => t.Id == id)?.Content ?? model.Vocabulary.First(piece => piece.Value == id).Key;

    private static byte[] Vocabulary(IReadOnlyDictionary<string, int> vocabulary)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach ((string piece, int id) in vocabulary.OrderBy(piece => piece.Value))
            {
                writer.WriteNumber(piece, id);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] Merges(IReadOnlyList<(string Left, string Right)> merges)
    {
        var text = new StringBuilder("#version: 0.2\n");
        foreach ((string left, string right) in merges)
        {
            text.Append(left).Append(' ').Append(right).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
