using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>The same weights in the dialects that files and configs come in: names, number types, shards, buffers, tied and untied heads.</summary>
public sealed class DialectReferenceTests : ReferenceTests
{
    private const string Key = "hf/dialects";
    private const double Tolerance = 1e-5;

    [SkippableFact]
    public void Load_EveryDialect_GivesTheReferenceNumbers() => Each((model, expected, task, golden) =>
    {
        Tensor last = States(model, golden);
        Tensor actual = task switch
        {
            "causal" => model.Backbone.Logits(last),
            "mlm" => model.Head!.Outputs(last, Ids(golden), Mask(golden)),
            _ => last,
        };
        AssertNear(golden.Tensor(expected), actual, Mask(golden), task);
        string pooled = expected + ".pooler_output";
        if (golden.Contains(pooled) && model.Backbone.named_parameters().Any(pair => pair.name.StartsWith("pooler.", StringComparison.Ordinal)))
        {
            int[] lengths = [.. Mask(golden).sum(1).data<long>().Select(count => (int)count)];
            AssertNear(golden.Tensor(pooled), model.Backbone.Summary(last, lengths), mask: null, pooled);
        }
    });

    [SkippableFact]
    public void Save_EveryDialect_LoadsAgainWithTheSameNumbers() => Each((model, _, task, golden) =>
    {
        var files = new MemorySource();
        model.Save(files.Sink());
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromSource("again", files));

        Assert.Equal(model.ComputeWeightHash(), again.ComputeWeightHash());
        Assert.True(States(model, golden).eq(States(again, golden)).all().item<bool>());
        if (task == "causal")
        {
            Assert.True(model.Backbone.Logits(States(model, golden)).eq(again.Backbone.Logits(States(again, golden))).all().item<bool>());
        }
    });

    private static void Each(Action<PretrainedLanguageModel, string, string, GoldenTensors> compare) => Check(Key, folder =>
    {
        foreach (JsonElement variant in folder.Json("cases.json").EnumerateArray())
        {
            string name = variant.GetProperty("dir").GetString()!;
            folder.Case(name, () =>
            {
                using var noGradient = no_grad();
                using var scope = NewDisposeScope();
                using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf(name)));
                var golden = new GoldenTensors(folder.FileOf(name[..name.IndexOf('/', StringComparison.Ordinal)], "expected.safetensors"));
                compare(model, variant.GetProperty("expected").GetString()!, variant.GetProperty("task").GetString()!, golden);
            });
        }
    }, TinyModel.Refuses);

    private static Tensor Ids(GoldenTensors golden) => tensor(golden.Longs("input_ids"), golden.Shape("input_ids"));

    private static Tensor Mask(GoldenTensors golden) => tensor(golden.Longs("attention_mask"), golden.Shape("attention_mask")).to(ScalarType.Bool);

    private static Tensor States(PretrainedLanguageModel model, GoldenTensors golden) => model.Backbone.Forward(Ids(golden), Mask(golden), HiddenStateSelection.None).LastHiddenState;

    private static void AssertNear(Tensor expected, Tensor actual, Tensor? mask, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        Tensor difference = (expected - actual).abs();
        double error = (mask is null ? difference : difference.index([mask])).max().item<float>();
        Assert.True(error <= Tolerance, $"{what}: absolute error {error:E2}, allowed {Tolerance:E2}");
    }
}
