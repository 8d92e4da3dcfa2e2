using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Tokenizers of model folders.</summary>
public sealed class TokenizerReferenceTests : ReferenceTests
{
    private const string Goldens = "tokenization_golden.json";

    private static IEnumerable<string> KeysWithTexts => ReferenceModels.KeysWith(Goldens).Union(ReferenceModels.KeysWithFigure("tokenization"));

    [SkippableFact]
    public void Encode_ReferenceTexts_GivesTheirIdsAndTextBack() => CheckEach(KeysWithTexts, folder =>
    {
        var tokenizer = new Lazy<TextTokenizer>(() => TextTokenizer.Load(new DirectorySource(folder.FullPath)));
        foreach ((int i, JsonElement golden) in Texts(folder).Index())
        {
            folder.Case($"text {i}", () =>
            {
                EncodedText encoded = tokenizer.Value.Encode(golden.GetProperty("text").GetString());
                Assert.Equal(Ids(golden), encoded.Ids);
                Assert.False(encoded.Truncated);
                Assert.Equal(golden.GetProperty("decoded").GetString(), tokenizer.Value.Decode(encoded.Ids));
            });
        }
    }, Refuses);

    [SkippableFact]
    public void Load_Tokenizer_KnowsItsSpecialTokensAndReloadsEqual() => CheckEach(KeysWithTexts, folder => folder.Case("tokenizer", () =>
    {
        TextTokenizer tokenizer = TextTokenizer.Load(new DirectorySource(folder.FullPath));
        if (folder.Has("tokenizer_pieces.json"))
        {
            JsonElement pieces = folder.Json("tokenizer_pieces.json");
            Assert.Equal(
                (pieces.GetProperty("pieces").GetArrayLength(), pieces.GetProperty("bos_id").GetInt32(), pieces.GetProperty("eos_id").GetInt32()),
                (tokenizer.VocabularySize, tokenizer.BosTokenId, tokenizer.EosTokenId));
        }
        else
        {
            JsonElement vocabulary = folder.Json("vocab.json"), special = folder.Json("special_tokens_map.json");
            int Id(string token) => vocabulary.GetProperty(special.GetProperty(token).GetString()!).GetInt32();
            Assert.Equal((vocabulary.EnumerateObject().Max(entry => entry.Value.GetInt32()) + 1, Id("bos_token"), Id("eos_token")), (tokenizer.VocabularySize, tokenizer.BosTokenId, tokenizer.EosTokenId));
        }

        Reloaded.AssertEqual(tokenizer);
    }), Refuses);

    [SkippableFact]
    public void Load_VocabularyAsTokenizerJson_EqualsTheFilesApart() => CheckEach(ReferenceModels.KeysWith("merges.txt").Intersect(KeysWithTexts), folder => folder.Case("as tokenizer.json", () =>
    {
        JsonNode vocabulary = JsonNode.Parse(File.ReadAllBytes(folder.FileOf("vocab.json")))!;
        string end = folder.Json("special_tokens_map.json").GetProperty("eos_token").GetString()!;
        JsonObject json = TokenizerJson.ByteLevel();
        json["model"]!["merges"] = new JsonArray([.. File.ReadAllLines(folder.FileOf("merges.txt")).Skip(1).Select(line => (JsonNode)line)]);
        json["added_tokens"]![0]!["id"] = (int)vocabulary[end]!;
        json["added_tokens"]![0]!["content"] = end;
        json["model"]!["vocab"] = vocabulary;

        TextTokenizer tokenizer = TextTokenizer.Load(TokenizerJson.Files(json));

        Assert.All(Texts(folder), golden => Assert.Equal(Ids(golden), tokenizer.Encode(golden.GetProperty("text").GetString()).Ids));
    }), Refuses);

    private static IEnumerable<JsonElement> Texts(ReferenceFolder folder) =>
        (folder.Has(Goldens) ? folder.Json(Goldens).GetProperty("cases") : folder.Json("expected.json").GetProperty("tokenization")).EnumerateArray();

    private static int[] Ids(JsonElement golden) => golden.GetProperty("ids").Deserialize<int[]>()!;

    private static bool Refuses(Exception error) => error is ModelFileException or NotSupportedException;
}
