using MLNet.Dispersion.Tests.Models;
using MLNet.Dispersion.Tests.Weights;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Whole models: hidden states, answers, names, and the way to the disk and back.</summary>
public sealed class TinyModelReferenceTests : ReferenceTests
{
    /// <summary>Absolute, of hidden states and answers; where the reference's own float32 and float64 differ by more than a third of it, three times that difference.</summary>
    private const double StateTolerance = 2e-5;

    [SkippableFact]
    public void Forward_Batch_EqualsTheReference() => CheckEach(ReferenceModels.Keys, Forward, TinyModel.Refuses);

    [SkippableFact]
    public void NamedParameters_Model_AreExactlyTheTensorsOfItsFile() => CheckEach(ReferenceModels.KeysWith("model.safetensors"), folder => folder.Case("names", () =>
    {
        using var scope = NewDisposeScope();
        var model = new TinyModel(folder);
        using LanguageBackbone backbone = model.Load();

        Assert.Equal(model.Weights.Names().Order(StringComparer.Ordinal), backbone.named_parameters().Select(p => p.name).Order(StringComparer.Ordinal));
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Save_Model_WritesTheSameTensorsUnderTheSameNames() => CheckEach(ReferenceModels.KeysWith("model.safetensors"), folder => folder.Case("saved", () =>
    {
        using var scope = NewDisposeScope();
        GoldenTensors expected = new TinyModel(folder).Weights;
        string target = Directory.CreateTempSubdirectory("mlnet-dispersion-saved-").FullName;
        try
        {
            using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FullPath));
            model.Save(target);
            var saved = new GoldenTensors(Path.Combine(target, "model.safetensors"));

            Assert.Equal(expected.Names().Order(StringComparer.Ordinal), saved.Names());
            Assert.All(saved.Names(), name => Assert.Equal(expected.Shape(name), saved.Shape(name)));
            Assert.All(saved.Names(), name => Assert.Equal(expected.Floats(name), saved.Floats(name)));
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Write_FileReadAndWrittenAgain_KeepsEveryValue() => CheckEach(ReferenceModels.KeysWith("model.safetensors"), folder => folder.Case("file written again", () =>
    {
        using var scope = NewDisposeScope();
        var before = SafetensorsBytes.ReadAll(new MemoryStream(File.ReadAllBytes(folder.FileOf("model.safetensors"))));
        var tensors = before.ToDictionary(p => p.Key, p => tensor(p.Value));

        var after = SafetensorsBytes.ReadAll(new MemoryStream(SafetensorsBytes.Write(tensors)));

        Assert.NotEmpty(before);
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys);
        Assert.All(before, p => Assert.Equal(p.Value, after[p.Key]));
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Continue_InPieces_EqualsForwardOfTheWhole() => CheckEach(ReferenceModels.CausalKeys, folder => folder.Case("read in pieces", () =>
    {
        using LanguageBackbone backbone = new TinyModel(folder).Load();
        CachedForwardTests.AssertPiecesEqualWhole(backbone, [[9, 3, 1], [1, 1, 1], [1, 4, 2], [1, 1, 1]]);
    }), TinyModel.Refuses);

    private static void Forward(ReferenceFolder folder)
    {
        if (Directory.EnumerateFileSystemEntries(folder.FullPath).Any())
        {
            folder.Case("forward", () =>
            {
                using var scope = NewDisposeScope();
                using var noGradient = no_grad();
                var model = new TinyModel(folder);
                using LanguageBackbone backbone = model.Load();

                BackboneOutput output = model.Forward(backbone);

                Tensor[] states = model.HiddenStates();
                Assert.Equal(backbone.Info.LayerCount + 1, states.Length);
                Assert.Equal(states.Length, output.HiddenStates.Count);
                for (int i = 0; i < states.Length; i++)
                {
                    AssertNear($"hidden_states.{i}", states[i], output.HiddenStates[i]!);
                }

                if (model.Tensors.Contains("pooler_output"))
                {
                    AssertNear("pooler_output", model.Tensors.Tensor("pooler_output"), backbone.Summary(output.LastHiddenState, model.Lengths()));
                    Assert.False(backbone.IsCausal);
                }
                else
                {
                    AssertNear("logits", model.Tensors.Tensor("logits"), backbone.Logits(output.LastHiddenState), Math.Max(StateTolerance, 3 * model.FloatErrorOfLogits));
                }
            });
        }
    }

    private static void AssertNear(string name, Tensor expected, Tensor actual, double tolerance = StateTolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        double error = (actual - expected).abs().max().item<float>();
        Assert.True(error <= tolerance, $"{name}: absolute error {error}");
    }
}
