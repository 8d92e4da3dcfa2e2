using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>Writes a byte-level BPE tokenizer in the Hugging Face form of vocab.json and merges.txt.</summary>
internal static class VocabMergesWriter
{
    /// <summary>The two files.</summary>
    internal static IReadOnlyList<KeyValuePair<string, byte[]>> Write(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges) =>
    [
        new(VocabMergesLoader.VocabularyFile, Pieces(vocabulary.Ids)),
        new(VocabMergesLoader.MergesFile, Merges(merges)),
    ];

    private static byte[] Pieces(IReadOnlyDictionary<string, int> vocabulary)
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
