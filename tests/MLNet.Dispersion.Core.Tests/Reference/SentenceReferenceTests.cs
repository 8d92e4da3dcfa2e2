using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Losses;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Real models in directories of sentence-transformers, with golden figures beside them.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class SentenceReferenceTests(ITestOutputHelper output) : ReferenceTests
{
    // What the model's README asks for.
    private const double EmbeddingTolerance = 2e-6;
    private const double StateTolerance = 1e-5;
    private const double CorrelationTolerance = 1e-5;
    private const double CosineTolerance = 2e-6;

    private static IEnumerable<string> Keys => RealModels.Keys(folder => File.Exists(Path.Combine(folder, "modules.json")));

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
                Assert.Equal(text.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()), ids.Select(tokenizer.TokenOf));
                Assert.Equal(text.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecialTokens: true));
            }
        });
        folder.Case("tokens decoded and cleaned", () =>
        {
            PipelineTokenizer cleaning = Cleaning(folder);
            foreach (JsonElement text in file.GetProperty("cases").EnumerateArray())
            {
                Assert.Equal(text.GetProperty("decoded_clean").GetString(), cleaning.Decode(Ids(text.GetProperty("ids")), skipSpecialTokens: true));
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
            Assert.Equal(ids, model.Tokenizer.Encode(text.GetProperty("text").GetString()!).Ids);
            BackboneOutput found = model.Backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.All);
            Tensor[] states = [.. found.HiddenStates.Select(layer => layer!.squeeze(0))];
            AssertNear("hidden states", [.. states.Index().SelectMany(layer => tensors.Floats($"hidden_states.{layer.Index}"))], [.. states.SelectMany(layer => layer.data<float>().ToArray())], StateTolerance);
            Tensor pooled = model.Backbone.Summary(found.LastHiddenState, [ids.Length]).squeeze(0);
            AssertNear("the pooler's output", tensors.Floats("pooler_output"), pooled.data<float>().ToArray(), StateTolerance);

            TextGeometry geometry = TextGeometry.Measure(states, [GeometryMeasure.MeanCosine, GeometryMeasure.MeanCosineOffDiagonal]);
            AssertNear("mean cosines", text.Numbers("mean_cosine_full"), geometry.ByLayer(GeometryMeasure.MeanCosine), CosineTolerance);
            AssertNear("mean cosines off the diagonal", text.Numbers("mean_cosine_offdiag"), geometry.ByLayer(GeometryMeasure.MeanCosineOffDiagonal), CosineTolerance);
        });
        folder.Case("a padded batch", () =>
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            long[] shape = tensors.Shape("batch.input_ids");
            Tensor mask = tensor(tensors.Longs("batch.attention_mask"), shape).to(ScalarType.Bool);
            Tensor states = model.Backbone.Forward(tensor(tensors.Longs("batch.input_ids"), shape), mask, HiddenStateSelection.None).LastHiddenState;
            Tensor pooled = TokenPooling.Pool(states, mask, model.DefaultPooling);
            AssertNear("means of a padded batch", tensors.Floats("batch.mean_pooled"), pooled.data<float>().ToArray(), StateTolerance);
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
            var extractor = new TextFeatureExtractor(model);
            int longest = folder.Json("golden", "expected.json").GetProperty("max_seq_length").GetInt32();
            Assert.Equal(longest, extractor.MaxTokens);
            TextFeatures[] found = extractor.Extract([.. sentences.Select(sentence => sentence.GetProperty("text").GetString())], likelihoods: false);
            for (int i = 0; i < sentences.Length; i++)
            {
                Assert.Equal(Ids(sentences[i].GetProperty("ids")), model.Tokenizer.Encode(sentences[i].GetProperty("text").GetString()!, longest).Ids);
                Assert.Equal(sentences[i].GetProperty("ids").GetArrayLength(), found[i].TokenCount);
            }

            AssertNear("embeddings", golden, found.SelectMany(text => text.Embedding!).ToArray(), EmbeddingTolerance);
            AssertNear("cosines of embeddings", [.. tensors.Floats("cosine").Select(cosine => (double)cosine)], [.. found.SelectMany(_ => found, (a, b) => TextEmbedder.Cosine(a.Embedding, b.Embedding))], CosineTolerance);
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

        Assert.Equal(figures.GetProperty("pairs").GetInt32(), rows.Length);
        double[] beginning = figures.Numbers("first_cosines");
        AssertNear("first cosines of STS-B", beginning, cosines[..beginning.Length], CosineTolerance);
        AssertNear("mean cosine of STS-B", [figures.Number("mean_cosine")], [cosines.Average()], CosineTolerance);
        AssertNear("Spearman of STS-B", [figures.Number("spearman_cosine")], [Correlation(Ranks(scores), Ranks(cosines))], CorrelationTolerance);
        AssertNear("Pearson of STS-B", [figures.Number("pearson_cosine")], [Correlation(scores, cosines)], CorrelationTolerance);
    }));

    /// <summary>The tokenizer as it is where its files ask for the blanks before signs to be taken away, as these do not.</summary>
    private static PipelineTokenizer Cleaning(ReferenceFolder folder)
    {
        using var copy = new TemporaryFolder();
        foreach (string path in Directory.EnumerateFiles(folder.FullPath).Where(path => !path.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            File.WriteAllBytes(copy.File(Path.GetFileName(path)), File.ReadAllBytes(path));
        }

        JsonObject config = JsonNode.Parse(File.ReadAllText(copy.File("tokenizer_config.json")))!.AsObject();
        config["clean_up_tokenization_spaces"] = true;
        File.WriteAllText(copy.File("tokenizer_config.json"), config.ToJsonString());
        return (PipelineTokenizer)TextTokenizer.Load(new DirectorySource(copy.Path));
    }

    private void AssertNear(string what, float[] expected, float[] found, double tolerance) =>
        AssertNear(what, [.. expected.Select(value => (double)value)], [.. found.Select(value => (double)value)], tolerance);

    /// <summary>Compares, and says how far the farthest is off.</summary>
    private void AssertNear(string what, IReadOnlyList<double> expected, IReadOnlyList<double> found, double tolerance)
    {
        Assert.Equal(expected.Count, found.Count);

        // Math.Max keeps what is no number, which LINQ's Max would pass over.
        double farthest = expected.Zip(found, (a, b) => Math.Abs(a - b)).Aggregate(0.0, Math.Max);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {expected.Count} within {farthest:g2}{(expected.Count == 1 ? $", {expected[0]:f6} and {found[0]:f6}" : string.Empty)}"));
        Assert.True(farthest <= tolerance, $"{what}: off by {farthest:g3}, more than {tolerance:g3}");
    }

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
