using System.Globalization;
using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Real models in directories of sentence-transformers, with golden figures beside them.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class SentenceReferenceTests : ReferenceTests
{
    // What the model's README asks for.
    private const double EmbeddingTolerance = 2e-6;
    private const double StateTolerance = 1e-5;
    private const double CorrelationTolerance = 1e-5;

    private static IEnumerable<string> Keys => Directory.EnumerateDirectories(SharedFixtures.Path("models")).Where(folder => File.Exists(Path.Combine(folder, "modules.json"))).Select(folder => "models/" + Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    [SkippableFact]
    public void Encode_TextsAndPairs_GivesTheReferencesIds() => CheckEach(Keys, folder =>
    {
        var tokenizer = (PipelineTokenizer)TextTokenizer.Load(new DirectorySource(folder.FullPath));
        JsonElement file = folder.Json("golden", "token_ids.json");
        folder.Case("tokens", () =>
        {
            foreach (JsonElement text in file.GetProperty("cases").EnumerateArray())
            {
                int[] ids = Ids(text.GetProperty("ids"));
                Assert.True(ids.SequenceEqual(tokenizer.Encode(text.GetProperty("text").GetString()!).Ids), $"'{text.GetProperty("text")}'");
                Assert.Equal(text.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecialTokens: true));
            }
        });
        folder.Case("pairs", () =>
        {
            foreach (JsonElement pair in file.GetProperty("pairs").EnumerateArray())
            {
                EncodedPair found = tokenizer.EncodePair(pair.GetProperty("a").GetString(), pair.GetProperty("b").GetString(), int.MaxValue);
                Assert.Equal(Ids(pair.GetProperty("input_ids")), found.Ids);
                Assert.Equal(Ids(pair.GetProperty("token_type_ids")), Enumerable.Range(0, found.Ids.Length).Select(i => i >= found.SecondStart ? 1 : 0));
            }
        });
    });

    [SkippableFact]
    public void Forward_OneText_GivesTheReferencesStates() => EachModel((folder, model) =>
    {
        var tensors = new GoldenTensors(folder.FileOf("golden", "expected.safetensors"));
        folder.Case("hidden states", () =>
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            JsonElement text = folder.Json("golden", "expected.json").GetProperty("hidden_states");
            int[] ids = Ids(text.GetProperty("input_ids"));
            BackboneOutput output = model.Backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.All);
            for (int layer = 0; layer < output.HiddenStates.Count; layer++)
            {
                Tensor reference = tensors.Tensor($"hidden_states.{layer}");
                Assert.InRange((output.HiddenStates[layer]!.squeeze(0) - reference).abs().max().item<float>(), 0, StateTolerance);
            }

            Tensor pooled = model.Backbone.Summary(output.LastHiddenState, [ids.Length]).squeeze(0);
            Assert.InRange((pooled - tensors.Tensor("pooler_output")).abs().max().item<float>(), 0, StateTolerance);
        });
        folder.Case("a padded batch", () =>
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            long[] shape = tensors.Shape("batch.input_ids");
            Tensor mask = tensor(tensors.Longs("batch.attention_mask"), shape).to(ScalarType.Bool);
            Tensor states = model.Backbone.Forward(tensor(tensors.Longs("batch.input_ids"), shape), mask, HiddenStateSelection.None).LastHiddenState;
            Tensor pooled = TokenPooling.Pool(states, mask, model.DefaultPooling);
            Assert.InRange((pooled - tensors.Tensor("batch.mean_pooled")).abs().max().item<float>(), 0, StateTolerance);
        });
    });

    [SkippableFact]
    public void Extract_Sentences_GivesTheReferencesEmbeddings() => EachModel((folder, model) =>
    {
        var tensors = new GoldenTensors(folder.FileOf("golden", "expected.safetensors"));
        JsonElement[] sentences = [.. folder.Json("golden", "expected.json").GetProperty("sentences").EnumerateArray()];
        float[] golden = tensors.Floats("embeddings");
        folder.Case("embeddings", () =>
        {
            TextFeatures[] found = new TextFeatureExtractor(model).Extract([.. sentences.Select(sentence => sentence.GetProperty("text").GetString())], likelihoods: false);
            int size = golden.Length / sentences.Length;
            for (int i = 0; i < sentences.Length; i++)
            {
                Assert.Equal(sentences[i].GetProperty("ids").GetArrayLength(), found[i].TokenCount);
                Assert.All(golden[(i * size)..((i + 1) * size)].Zip(found[i].Embedding!), pair => Assert.Equal(pair.First, pair.Second, EmbeddingTolerance));
            }
        });
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Extract_SentencePairs_CorrelateAsTheReferences() => EachModel((folder, model) => folder.Case("stsb", () =>
    {
        JsonElement figures = folder.Json("golden", "expected.json").GetProperty("stsb");
        string[][] rows = [.. File.ReadLines(SharedFixtures.Path(figures.GetProperty("file").GetString()!)).Skip(1).Select(line => line.Split('\t'))];
        var extractor = new TextFeatureExtractor(model);
        float[][] first = Vectors(extractor, rows.Select(row => row[3]));
        float[][] second = Vectors(extractor, rows.Select(row => row[4]));
        double[] scores = [.. rows.Select(row => double.Parse(row[2], CultureInfo.InvariantCulture))];
        double[] cosines = [.. first.Zip(second, (a, b) => a.Zip(b, (x, y) => (double)x * y).Sum())];

        Assert.Equal(figures.Number("spearman_cosine"), Correlation(Ranks(scores), Ranks(cosines)), CorrelationTolerance);
        Assert.Equal(figures.Number("pearson_cosine"), Correlation(scores, cosines), CorrelationTolerance);
    }));

    private static void EachModel(Action<ReferenceFolder, PretrainedLanguageModel> check) => CheckEach(Keys, folder =>
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FullPath));
        check(folder, model);
    });

    private static float[][] Vectors(TextFeatureExtractor extractor, IEnumerable<string> texts) => [.. extractor.Extract([.. texts], likelihoods: false).Select(text => text.Embedding!)];

    private static int[] Ids(JsonElement element) => [.. element.EnumerateArray().Select(id => id.GetInt32())];

    /// <summary>Ranks from 1; equal values share the mean of theirs.</summary>
    private static double[] Ranks(double[] values)
    {
        var ranks = values.Order().Select((value, index) => (value, rank: index + 1.0)).GroupBy(pair => pair.value).ToDictionary(group => group.Key, group => group.Average(pair => pair.rank));
        return [.. values.Select(value => ranks[value])];
    }

    private static double Correlation(double[] left, double[] right)
    {
        double a = left.Average();
        double b = right.Average();
        double product = left.Zip(right, (x, y) => (x - a) * (y - b)).Sum();
        return product / Math.Sqrt(left.Sum(x => (x - a) * (x - a)) * right.Sum(y => (y - b) * (y - b)));
    }
}
