using System.Text.Json;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Tokenizers of model folders, and text that a trained model writes.</summary>
public sealed class TinyModelTextReferenceTests : ReferenceTests
{
    private const string Goldens = "tokenization_golden.json";

    private static IEnumerable<string> KeysWithTexts => TinyModel.KeysWith(Goldens).Union(TinyModel.KeysWithFigure("tokenization"));

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
    }, TinyModel.Refuses);

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
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Load_VocabularyAsTokenizerJson_EqualsTheFilesApart() => CheckEach(TinyModel.KeysWith("merges.txt").Intersect(KeysWithTexts), folder => folder.Case("as tokenizer.json", () =>
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
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Logits_TrainedModel_PreferEveryTokenOfTheReferenceTexts() => CheckEach(TinyModel.KeysWithFigure("generation"), folder =>
    {
        foreach ((int i, JsonElement golden) in Generations(folder).Index())
        {
            folder.Case($"generated text {i}", () =>
            {
                using var scope = NewDisposeScope();
                using var noGradient = no_grad();
                using LanguageBackbone backbone = new TinyModel(folder).Load();
                long[] expected = [.. Ids(golden).Select(id => (long)id)];
                int given = golden.GetProperty("prompt_ids").GetArrayLength();

                // Greedy text is what it is iff every token is the best one after those before it.
                Tensor ids = tensor(expected, 1, expected.Length);
                long[] best = backbone.Logits(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).argmax(-1).data<long>().ToArray();

                Assert.Equal(expected[given..], best[(given - 1)..^1]);
            });
        }
    }, TinyModel.Refuses);

    [SkippableFact]
    public void Generate_TrainedModel_WritesTheReferenceTexts() => CheckEach(TinyModel.KeysWithFigure("generation"), folder =>
    {
        JsonElement[] goldens = [.. Generations(folder)];
        int[] lengths = [.. goldens.Select(golden => Ids(golden).Length - golden.GetProperty("prompt_ids").GetArrayLength())];
        string[] prompts = [.. goldens.Select(golden => golden.GetProperty("prompt").GetString()!)];
        var all = new Lazy<IReadOnlyList<GeneratedText>>(() =>
        {
            using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FullPath));
            return model.Generate(prompts, new TextGenerationOptions { MaxNewTokens = lengths.Max(), StopAtEndOfText = false });
        });
        foreach ((int i, JsonElement golden) in goldens.Index())
        {
            folder.Case($"generated text {i}", () =>
            {
                GeneratedText found = all.Value[i];
                int[] ids = Ids(golden);
                Assert.Equal(ids[^lengths[i]..], found.TokenIds.Take(lengths[i]));
                Assert.StartsWith(golden.GetProperty("text").GetString()!, prompts[i] + found.Text, StringComparison.Ordinal);
                Assert.Equal((GenerationFinishReason.MaxNewTokens, ids.Length - lengths[i], false), (found.FinishReason, found.PromptTokens, found.PromptTruncated));
            });
        }
    }, TinyModel.Refuses);

    private static IEnumerable<JsonElement> Texts(ReferenceFolder folder) =>
        (folder.Has(Goldens) ? folder.Json(Goldens).GetProperty("cases") : folder.Json("expected.json").GetProperty("tokenization")).EnumerateArray();

    private static IEnumerable<JsonElement> Generations(ReferenceFolder folder) => folder.Json("expected.json").GetProperty("generation").EnumerateArray();

    private static int[] Ids(JsonElement golden) => golden.GetProperty("ids").Deserialize<int[]>()!;
}
