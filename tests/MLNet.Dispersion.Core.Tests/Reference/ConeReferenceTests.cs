using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>What carries the cone of real models, beside the figures of the published package and of the same definitions in float64.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class ConeReferenceTests : ReferenceTests
{
    private const string Key = "condensation-authors";

    // What the folder's README asks for: 1e-5 on means, 1e-4 on the entries of matrices, trends exactly.
    private const double MeanTolerance = 1e-5;
    private const double EntryTolerance = 1e-4;

    // Norms and ratios are float64 figures of float32 states.
    private const double Relative = 1e-4;

    [SkippableFact]
    public void Published_Cosines_AreTheAuthors() => EachModel((folder, name, figures, states) => folder.Case(name + " published", () =>
    {
        JsonElement authors = figures.GetProperty("authors");
        int[][] ids = Ids(figures.GetProperty("input_ids_128"));
        using var accumulator = new CondensationAccumulator();
        var golden = new GoldenTensors(folder.FileOf(name + ".safetensors"));
        Tensor[][] texts = states(ids);
        foreach (Tensor[] text in texts)
        {
            accumulator.Add(text);
        }

        CondensationProfile profile = accumulator.ToProfile();
        CondensationAssert.Near(authors.Numbers("mean_full"), [.. profile.Layers.Select(layer => layer.MeanCosine)], MeanTolerance);
        CondensationAssert.Near(authors.Numbers("mean_offdiag"), [.. profile.Layers.Select(layer => layer.MeanCosineOffDiagonal)], MeanTolerance);
        CondensationAssert.Near(authors.Numbers("last_n_means"), profile.LastLayersMeans, MeanTolerance);
        CondensationAssert.Trend(authors.GetProperty("trend_full"), profile.Trend);
        CondensationAssert.Trend(authors.GetProperty("trend_offdiag"), profile.OffDiagonalTrend);
        CondensationAssert.Near(authors.Numbers("offdiag_without_first_token"), [.. Layers(texts).Select(layer => ConeGeometry.Measure(layer).WithoutFirstToken)], MeanTolerance);
        CondensationAssert.Near(authors.Numbers("first_token_row_mean"), [.. Layers(texts).Select(layer => ConeGeometry.Measure(layer).FirstTokenCosine)], MeanTolerance);
        foreach (JsonProperty counts in authors.GetProperty("histogram_counts").EnumerateObject())
        {
            int layer = int.Parse(counts.Name, System.Globalization.CultureInfo.InvariantCulture);
            Tensor average = stack(texts.Select(text => CosineGeometry.Matrix(text[layer]))).mean([0]);
            Assert.InRange((average - golden.Tensor($"authors.cosine.{layer}")).abs().max().item<float>(), 0, EntryTolerance);
            CondensationAssert.Counts(counts.Value.Numbers(), profile.Layers[layer].Elementwise!.Histogram!);
        }
    }));

    [Trait("Category", "Long")]
    [SkippableFact]
    public void MeanCosine_ByLength_IsTheReferences() => EachModel((folder, name, figures, states) =>
    {
        foreach (JsonProperty length in figures.GetProperty("lengths").EnumerateObject())
        {
            folder.Case($"{name} length {length.Name}", () =>
            {
                Tensor[][] texts = states(Cut(folder, name, int.Parse(length.Name, System.Globalization.CultureInfo.InvariantCulture)));
                foreach (JsonProperty part in length.Value.EnumerateObject())
                {
                    (int first, int last) = part.Name switch { "all" => (0, 0), "without_first" => (1, 0), "without_first_and_last" => (1, 1), _ => throw new NotSupportedException(part.Name) };
                    using var accumulator = new CondensationAccumulator(histograms: false);
                    foreach (Tensor[] text in texts)
                    {
                        accumulator.Add([.. text.Select(layer => layer.narrow(0, first, layer.shape[0] - first - last))]);
                    }

                    CondensationProfile profile = accumulator.ToProfile();
                    CondensationAssert.Near(part.Value.Numbers("offdiag"), [.. profile.Layers.Select(layer => layer.MeanCosineOffDiagonal)], MeanTolerance);
                    CondensationAssert.Near(part.Value.Numbers("full"), [.. profile.Layers.Select(layer => layer.MeanCosine)], MeanTolerance);
                    CondensationAssert.Trend(part.Value.GetProperty("trend_offdiag"), profile.OffDiagonalTrend);
                    CondensationAssert.Trend(part.Value.GetProperty("trend_full"), profile.Trend);
                }
            });
        }
    });

    [SkippableFact]
    public void Coordinates_ThatCarryTheCone_AreTheReferences() => EachModel((folder, name, figures, states) =>
    {
        Tensor[][] texts = states(Cut(folder, name, 256));
        foreach (JsonProperty part in figures.GetProperty("rogue_dimensions_256").EnumerateObject())
        {
            folder.Case($"{name} coordinates {part.Name}", () =>
            {
                foreach (JsonElement expected in part.Value.EnumerateArray())
                {
                    Tensor[] layer = Layer(texts, expected.GetProperty("layer").GetInt32(), part.Name == "without_first" ? 1 : 0);
                    AssertCoordinates(expected, layer);
                }
            });
        }

        folder.Case($"{name} norms", () =>
        {
            JsonElement expected = figures.GetProperty("norms_256");
            ConeFigures[] cones = [.. Layers(texts).Select(ConeGeometry.Measure)];
            AssertNear(expected.Numbers("first_token"), [.. cones.Select(cone => cone.FirstTokenNorm)]);
            AssertNear(expected.Numbers("others"), [.. cones.Select(cone => cone.OtherTokensNorm)]);
            CondensationAssert.Near(expected.Numbers("cosine_of_first_with_others"), [.. cones.Select(cone => cone.FirstTokenCosine)], MeanTolerance);
        });
    });

    [SkippableFact]
    public void Outliers_TokensAndCoordinates_AreTheReferences() => Check(Key, folder =>
    {
        foreach (string file in Directory.EnumerateFiles(folder.FullPath, "*_outliers.json").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file).Replace("_outliers", string.Empty, StringComparison.Ordinal);
            JsonElement outliers = folder.Json(Path.GetFileName(file));
            folder.Case(name + " outliers", () =>
            {
                using PretrainedLanguageModel model = PretrainedLanguageModel.Load(RealModels.Source(name));
                using var scope = NewDisposeScope();
                Tensor[][] texts = States(model, Cut(folder, name, outliers.GetProperty("tokens").GetInt32()));
                foreach (JsonElement expected in outliers.GetProperty("layers").EnumerateArray())
                {
                    Tensor[] layer = Layer(texts, expected.GetProperty("layer").GetInt32(), 0);
                    AssertOutliers(expected, layer);
                    AssertPush(expected, layer);
                }
            });
        }
    });

    private static void AssertCoordinates(JsonElement expected, Tensor[] layer)
    {
        Tensor[] wide = [.. layer.Select(text => text.to(ScalarType.Float64))];
        ConeFigures cone = ConeGeometry.Measure(layer);
        Assert.Equal(expected.Number("offdiag"), cone.MeanCosine, MeanTolerance);
        Assert.Equal(expected.Numbers("top_dims"), cone.Strongest.Select(coordinate => (double)coordinate.Index));
        Tensor mean = ConeGeometry.Moments(wide).Mean;
        Tensor[] centred = [.. wide.Select(text => text - mean)];
        long[] byVariance = [.. expected.Numbers("top_dims_by_variance").Select(index => (long)index)];
        Assert.Equal(byVariance, ConeGeometry.StrongestCoordinates(centred, byVariance.Length));
        Assert.Equal(expected.Number("offdiag_minus_corpus_mean"), ConeGeometry.MeanCosine(centred), MeanTolerance);
        Assert.Equal(expected.Number("mean_norm"), wide.Average(text => text.norm(1, false, 2f).mean().item<double>()), Relative * expected.Number("mean_norm"));
        foreach ((int count, double without) in ConeGeometry.StrongestCounts.Zip(cone.WithoutStrongest))
        {
            Assert.Equal(expected.Number($"offdiag_without_top_{count}"), without, MeanTolerance);
            Assert.Equal(expected.GetProperty("share_of_mean_square").Number($"{count}"), cone.Strongest.Take(count).Sum(coordinate => coordinate.ShareOfMeanSquare), MeanTolerance);
            Assert.Equal(expected.GetProperty("share_of_top_dims_in_mean_cosine").Number($"{count}"), cone.ShareOfStrongest(count), Relative);
            Assert.Equal(
                expected.Number($"offdiag_minus_corpus_mean_without_top_{count}_by_variance"),
                ConeGeometry.MeanCosine(ConeGeometry.WithoutCoordinates(centred, [.. byVariance.Take(count)])),
                MeanTolerance);
        }
    }

    private static void AssertOutliers(JsonElement expected, Tensor[] layer)
    {
        ConeFigures cone = ConeGeometry.Measure(layer);
        double[][] massive = [.. expected.GetProperty("massive").EnumerateArray().Select(token => token.Numbers())];
        Assert.Equal(massive.Select(token => ((int)token[0], (int)token[1])), cone.MassiveTokens.Select(token => (token.Text, token.Position)));
        Assert.All(massive.Zip(cone.MassiveTokens), pair => Assert.InRange(pair.Second.Norm / pair.First[3], 1 - 1e-3, 1 + 1e-3));
        Assert.Equal(expected.Number("offdiag"), cone.MeanCosine, MeanTolerance);
        Assert.Equal(expected.Number("offdiag_without_massive"), cone.WithoutMassiveTokens, MeanTolerance);
        Assert.Equal(expected.Number("offdiag_without_massive_minus_mean"), cone.Centred, MeanTolerance);
        Assert.Equal(expected.Number("offdiag_without_massive_standardised"), cone.Standardised, MeanTolerance);
    }

    /// <summary>Where the published loss pushes: much of its gradient goes into the coordinates that are strongest in ordinary tokens.</summary>
    private static void AssertPush(JsonElement expected, Tensor[] layer)
    {
        using var scope = NewDisposeScope();
        Tensor[] wide = [.. layer.Select(text => text.to(ScalarType.Float64))];
        long[] strongest = [.. expected.Numbers("top_dims").Select(index => (long)index)];
        Assert.Equal(strongest, ConeGeometry.StrongestCoordinates(ConeGeometry.Without(wide, ConeGeometry.Massive(wide)), strongest.Length));
        Tensor states = stack(layer).requires_grad_();
        Tensor loss = DispersionLoss.Compute(states, null, new DispersionOptions { MaxTokens = null });
        loss.backward();
        Assert.Equal(expected.Number("angular_spread"), loss.item<float>(), MeanTolerance);
        Tensor squares = states.grad!.to(ScalarType.Float64).square();
        Assert.Equal(expected.Number("grad_norm"), Math.Sqrt(squares.sum().item<double>()), Relative * expected.Number("grad_norm"));
        double[] shares = [.. (squares.sum([0, 1]) / squares.sum()).data<double>()];
        foreach (JsonProperty share in expected.GetProperty("grad_share_top_dims").EnumerateObject())
        {
            Assert.Equal(share.Value.Number(), strongest.Take(int.Parse(share.Name, System.Globalization.CultureInfo.InvariantCulture)).Sum(index => shares[index]), Relative);
        }
    }

    private static void AssertNear(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Relative * Math.Abs(pair.First)));

    private static void EachModel(Action<ReferenceFolder, string, JsonElement, Func<int[][], Tensor[][]>> cases) => Check(Key, folder =>
    {
        foreach (string file in Directory.EnumerateFiles(folder.FullPath, "*.json").Order(StringComparer.Ordinal))
        {
            JsonElement figures = folder.Json(Path.GetFileName(file));
            if (figures.TryGetProperty("authors", out _))
            {
                string name = Path.GetFileNameWithoutExtension(file);
                using var scope = NewDisposeScope();
                using PretrainedLanguageModel model = PretrainedLanguageModel.Load(RealModels.Source(name));
                cases(folder, name, figures, ids => States(model, ids));
            }
        }
    });

    private static Tensor[][] States(PretrainedLanguageModel model, int[][] ids)
    {
        var states = new List<Tensor[]>();
        using var evaluation = new EvaluationMode(model.Backbone);
        foreach (int[] text in ids)
        {
            HiddenStatePass.Run(model.Backbone, text, "a text", layers => states.Add([.. layers.Select(layer => layer.clone().MoveToOuterDisposeScope())]));
        }

        return [.. states];
    }

    /// <summary>The texts cut: those of an encoder, which begin and end with special tokens, keep their last one.</summary>
    private static int[][] Cut(ReferenceFolder folder, string name, int length)
    {
        var golden = new GoldenTensors(folder.FileOf(name + ".safetensors"));
        const string Whole = "input_ids_512";
        long[][] texts = [.. golden.Longs(Whole).Chunk((int)golden.Shape(Whole)[1])];
        bool framed = texts.All(text => text[0] == texts[0][0] && text[^1] == texts[0][^1]);
        return [.. texts.Select(text => text.Take(framed ? length - 1 : length).Concat(framed ? text.TakeLast(1) : []).Select(id => (int)id).ToArray())];
    }

    private static IEnumerable<Tensor[]> Layers(Tensor[][] texts) => Enumerable.Range(0, texts[0].Length).Select(layer => Layer(texts, layer, 0));

    private static Tensor[] Layer(Tensor[][] texts, int layer, int first) => [.. texts.Select(text => text[layer].narrow(0, first, text[layer].shape[0] - first))];

    private static int[][] Ids(JsonElement texts) => [.. texts.EnumerateArray().Select(text => text.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
}
