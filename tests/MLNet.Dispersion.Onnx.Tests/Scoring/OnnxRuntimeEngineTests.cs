using MLNet.Dispersion.OnnxRuntime;
using MLNet.Dispersion.Tests.Models.Families;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>What the engine prepares: of every family the states of torch, in memory or in a folder; and what it refuses.</summary>
public sealed class OnnxRuntimeEngineTests
{
    private const double Tolerance = 1e-4;
    private static readonly int[][] Rows = [[5, 6, 7], [8, 9, 9, 3, 4, 11, 12], [13]];

    public static TheoryData<string> Families => [.. SmallFamilies.ModelTypes.SelectMany(SmallFamilies.NamesOf)];

    [Theory]
    [MemberData(nameof(Families))]
    public void EveryFamily_HasTheStatesOfTorch(string name)
    {
        using PretrainedLanguageModel model = Model(name);
        using IStateReader reader = new OnnxRuntimeEngine(new() { Threads = 1 }).Prepare(model);
        AssertStates(model, reader);
    }

    [Fact]
    public void Folder_IsUsedWhereMemoryIsTooLittle_AndGoesWithTheReader()
    {
        using PretrainedLanguageModel model = Model("bert");
        using var inMemory = (SessionReader)new OnnxRuntimeEngine(new() { MaxBytesInMemory = 100_000_000 }).Prepare(model);
        Assert.Null(inMemory.Folder);
        var reader = (SessionReader)new OnnxRuntimeEngine(new() { MaxBytesInMemory = 0 }).Prepare(model);
        DirectoryInfo folder = reader.Folder!;
        Assert.True(Directory.Exists(folder.FullName));
        AssertStates(model, reader);
        reader.Dispose();
        Assert.False(Directory.Exists(folder.FullName));
    }

    [Fact]
    public void Copy_IsOfTheWeightsAsTheyWere()
    {
        using PretrainedLanguageModel model = Model("gpt2");
        using IStateReader reader = new OnnxRuntimeEngine().Prepare(model);
        using (no_grad())
        {
            model.Backbone.parameters().First().mul_(2);
        }

        Assert.ThrowsAny<Exception>(() => AssertStates(model, reader));
        using IStateReader later = new OnnxRuntimeEngine().Prepare(model);
        AssertStates(model, later);
    }

    [Fact]
    public void WhatCannotBeExported_IsRefusedByItsReason()
    {
        using PretrainedLanguageModel model = Model("gpt2");
        using (no_grad())
        {
            model.Backbone.named_parameters().First(pair => pair.name.EndsWith("c_fc.weight", StringComparison.Ordinal)).parameter.fill_(1e6);
        }

        Assert.Contains("float16", Assert.Throws<ArgumentException>(() => new OnnxRuntimeEngine(new() { Weights = OnnxWeightType.Float16 }).Prepare(model)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => new OnnxRuntimeEngine().Prepare(null!));
    }

    [Fact]
    public void Options_AreCheckedAndCopied()
    {
        var options = new OnnxRuntimeOptions { Weights = OnnxWeightType.Int8, Threads = 3, MaxBytesInMemory = 7 };
        Assert.Equivalent(options, options.Clone(), strict: true);
        foreach (OnnxRuntimeOptions bad in new OnnxRuntimeOptions[] { new() { Threads = 0 }, new() { MaxBytesInMemory = -1 }, new() { MaxBytesInMemory = 2_000_000_001 }, new() { Weights = (OnnxWeightType)9 } })
        {
            Assert.Contains("OnnxRuntimeOptions.", Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxRuntimeEngine(bad)).Message, StringComparison.Ordinal);
        }
    }

    private static PretrainedLanguageModel Model(string name) => new(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source));

    private static void AssertStates(PretrainedLanguageModel model, IStateReader reader)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Pad(Rows, padId: 0);
        Tensor mask = batch.AttentionMaskTensor(CPU)!;
        Tensor expected = model.Backbone.Forward(batch.InputIdsTensor(CPU), mask, HiddenStateSelection.None).LastHiddenState;
        var states = new float[expected.numel()];
        reader.Read(batch, states);
        Near.Check("states", expected, tensor(states, expected.shape), mask, Tolerance);
    }
}
