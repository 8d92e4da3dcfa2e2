using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Reading on behind a cache against reading whole sequences, which other tests hold against naive loops.</summary>
public sealed class CachedForwardTests
{
    /// <summary>Some hundred roundings of float32 in a sum of another order: the reference's own bound for states and logits, relative to the largest.</summary>
    private const double Bound = 2e-5;

    public static TheoryData<string, string> Configs() => BackboneOracleTests.Configs();

    [Theory]
    [MemberData(nameof(Configs))]
    public void Continue_AnySetting_EqualsForwardOfTheWhole(string family, string setting)
    {
        using var generator = new Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(family, setting).ToJsonString(), generator);
        foreach (var parameter in backbone.parameters())
        {
            using var noGradient = no_grad();
            parameter.normal_(parameter.dim() == 1 ? 0.8 : 0, 0.4, generator);
        }

        AssertPiecesEqualWhole(backbone, [[3, 1], [1, 1], [2, 5], [1, 1], [5, 2]]);
    }

    [Fact]
    public void Continue_BFloat16_EqualsForwardOfTheWhole()
    {
        using var generator = new Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(TinyConfigs.Llama, "").ToJsonString(), generator);
        backbone.ComputeType = ScalarType.BFloat16;

        // bfloat16 keeps 8 bits: each product rounds by 2^-9 of its size.
        AssertPiecesEqualWhole(backbone, [[3, 1], [1, 1], [2, 3]], 0.05);
    }

    [Fact]
    public void Keep_RowsInAnotherOrderAndTwice_GoesOnWithThose()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(TinyConfigs.Llama, "").ToJsonString(), generator);
        using KeyValueCache cache = backbone.CreateCache(3, 12)!;
        Read(backbone, cache, [[1, 2, 3], [4], [5, 6]]);
        Read(backbone, cache, [[7], [8], [9]]);

        cache.Keep([2, 0, 2]);
        Tensor states = Read(backbone, cache, [[10], [11], [12]]);

        Assert.Equal([4, 5, 4], cache.Lengths);
        int[][] whole = [[5, 6, 9, 10], [1, 2, 3, 7, 11], [5, 6, 9, 12]];
        for (int row = 0; row < 3; row++)
        {
            AssertNear(Whole(backbone, whole[row])[^1], states[row, 0], Bound);
        }
    }

    [Fact]
    public void Continue_NoRoomOrWrongRows_Throws()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(TinyConfigs.Gpt2, "").ToJsonString(), generator);
        using KeyValueCache small = backbone.CreateCache(2, 4)!;
        Read(backbone, small, [[1, 2, 3], [4]]);
        Assert.Contains("room for 1 columns", Assert.Throws<ArgumentException>(() => Read(backbone, small, [[1, 2], [4]])).Message, StringComparison.Ordinal);
        Assert.Contains("3 rows", Assert.Throws<ArgumentException>(() => Read(backbone, small, [[1], [4], [5]])).Message, StringComparison.Ordinal);

        using KeyValueCache large = backbone.CreateCache(1, 40)!;
        Read(backbone, large, [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
        Assert.Contains("context holds 12", Assert.Throws<ArgumentException>(() => Read(backbone, large, [[1, 2, 3]])).Message, StringComparison.Ordinal);

        // What failed has changed nothing.
        AssertNear(Whole(backbone, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2])[^1], Read(backbone, large, [[1, 2]])[0, 1], Bound);
    }

    [Fact]
    public void Continue_ManyPasses_TakesNoMoreMemory()
    {
        using var generator = new Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(TinyConfigs.NeoX, "").ToJsonString(), generator);
        long empty = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (KeyValueCache cache = backbone.CreateCache(1, 12)!)
        {
            Read(backbone, cache, [[1]]).Dispose();
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            for (int i = 0; i < 8; i++)
            {
                Read(backbone, cache, [[2]]).Dispose();
            }

            cache.Keep([0]);
            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            Assert.Equal(empty + 4, before);
        }

        Assert.Equal(empty, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    internal static void AssertPiecesEqualWhole(LanguageBackbone backbone, int[][] pieces, double bound = Bound)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var random = new Random(3);
        int rows = pieces[0].Length;
        int vocabulary = backbone.Info.VocabularySize;
        List<int>[] sequences = [.. Enumerable.Range(0, rows).Select(_ => new List<int>())];
        using KeyValueCache cache = backbone.CreateCache(rows, pieces.Sum(piece => piece.Max()))!;
        foreach (int[] piece in pieces)
        {
            int[][] tokens = [.. piece.Select(count => Enumerable.Range(0, count).Select(_ => random.Next(vocabulary)).ToArray())];
            Tensor states = Read(backbone, cache, tokens);
            for (int row = 0; row < rows; row++)
            {
                sequences[row].AddRange(tokens[row]);
                Tensor expected = Whole(backbone, [.. sequences[row]])[^piece[row]..];
                Tensor found = states[row, ..piece[row]];
                AssertNear(expected, found, bound);
                AssertNear(backbone.Logits(expected), backbone.Logits(found), bound);
            }
        }

        Assert.Equal(sequences.Select(sequence => sequence.Count), cache.Lengths);
    }

    private static Tensor Read(LanguageBackbone backbone, KeyValueCache cache, int[][] tokens)
    {
        var batch = TokenBatch.Pad(tokens, padId: 0);
        using Tensor ids = batch.InputIdsTensor(CPU);
        using Tensor? mask = batch.AttentionMaskTensor(CPU);
        return backbone.Continue(cache, ids, mask);
    }

    private static Tensor Whole(LanguageBackbone backbone, int[] ids)
    {
        using var noGradient = no_grad();
        return backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.None).LastHiddenState[0];
    }

    private static void AssertNear(Tensor expected, Tensor found, double bound)
    {
        Assert.Equal(expected.shape, found.shape);
        double scale = Math.Max(1, expected.abs().max().item<float>());
        double error = (expected - found).abs().max().item<float>() / scale;
        Assert.True(error <= bound, $"relative error {error:E2}");
    }
}
