using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Checkpoints of many families, made by the reference library: states, logits, losses, gradients and greedy tokens, in every form of their config.json.</summary>
public sealed class FamilyReferenceTests : ReferenceTests
{
    private const string Key = "hf/families";

    [SkippableFact]
    public void Forward_EveryFormOfTheConfig_EqualsTheReference() => Each((model, form) =>
    {
        using var noGradient = no_grad();
        using LanguageBackbone backbone = model.Load(form);
        BackboneOutput output = model.Forward(backbone, HiddenStateSelection.All);

        int states = model.Tensors.Names("hidden_states.").Count();
        Assert.Equal(states, backbone.Info.LayerCount + 1);
        Assert.Equal(states, output.HiddenStates.Count);
        for (int i = 0; i < states; i++)
        {
            model.AssertNear($"hidden_states.{i}", output.HiddenStates[i]!, model.Mask, "hidden_states");
        }

        Assert.Equal(model.IsCausal, backbone.IsCausal);
        if (model.IsCausal)
        {
            model.AssertNear("logits", backbone.Logits(output.LastHiddenState), model.Mask);
        }
        else
        {
            model.AssertNear("last_hidden_state", output.LastHiddenState, model.Mask);
        }

        if (model.Tensors.Contains("pooler_output"))
        {
            int[] lengths = [.. model.Mask.sum(1).data<long>().Select(count => (int)count)];
            model.AssertNear("pooler_output", backbone.Summary(output.LastHiddenState, lengths), mask: null);
        }
    });

    [SkippableFact]
    public void Forward_PaddedOnTheLeftOrShort_EqualsTheReference() => Each((model, form) =>
    {
        using var noGradient = no_grad();
        using LanguageBackbone backbone = model.Load(form);
        if (model.Tensors.Contains("left.logits"))
        {
            Tensor mask = model.Integers("left.attention_mask")!.to(ScalarType.Bool);
            Tensor left = backbone.Forward(model.Integers("left.input_ids")!, mask, HiddenStateSelection.None).LastHiddenState;
            model.AssertNear("left.logits", backbone.Logits(left), mask);
        }

        if (model.Tensors.Contains("short.logits"))
        {
            Tensor brief = backbone.Forward(model.Integers("short.input_ids")!, null, HiddenStateSelection.None).LastHiddenState;
            model.AssertNear("short.logits", backbone.Logits(brief), mask: null, "logits");
        }
    });

    [SkippableFact]
    public void Backward_EveryFormOfTheConfig_EqualsTheReference() => Each((model, form) =>
    {
        using LanguageBackbone backbone = model.Load(form);
        model.AssertLossAndGradients(backbone);
    });

    [SkippableFact]
    public void NamedParameters_AreExactlyTheTensorsOfTheFile() => Each((model, form) =>
    {
        using LanguageBackbone backbone = model.Load(form);
        Assert.Equal(model.Weights.Names().Order(StringComparer.Ordinal), backbone.named_parameters().Select(pair => pair.name).Order(StringComparer.Ordinal));
    });

    [SkippableFact]
    public void Greedy_WithAndWithoutACache_WritesTheReferenceTokens() => Each((model, form) =>
    {
        if (!model.IsCausal)
        {
            return;
        }

        using var noGradient = no_grad();
        using LanguageBackbone backbone = model.Load(form);
        long[] greedy = model.Tensors.Longs("greedy");
        int given = model.Figures.GetProperty("greedy").GetProperty("prompt_tokens").GetInt32();
        string whole = model.Tensors.Contains("greedy_without_cache") ? "greedy_without_cache" : "greedy";

        Assert.Equal(greedy, Written(backbone, greedy[..given], greedy.Length));
        Assert.Equal(model.Tensors.Longs(whole), WrittenWhole(backbone, greedy[..given], greedy.Length));
    });

    [SkippableFact]
    public void Greedy_ByTheManagedDecoder_WritesTheReferenceTokensAndLogits() => Each((model, form) =>
    {
        if (!model.IsCausal)
        {
            return;
        }

        using var noGradient = no_grad();
        using LanguageBackbone backbone = model.Load(form);
        if (ManagedDecoder.Refusal(backbone) is { } reason)
        {
            throw new NotSupportedException(reason);
        }

        long[] greedy = model.Tensors.Longs("greedy");
        int given = model.Figures.GetProperty("greedy").GetProperty("prompt_tokens").GetInt32();
        Tensor rows = Decoded(backbone, tensor(greedy, 1, greedy.Length), given);
        long[] best = rows[0].argmax(-1).data<long>().ToArray();
        Assert.Equal(greedy[given..], best[..^1]);

        if (!backbone.KeepsStates)
        {
            // The states of the first tokens are others where more follow.
            return;
        }

        // The reference's batch up to the end of its shortest row, where none has a pad.
        int shortest = (int)model.Mask.sum(1).min().item<long>();
        Tensor logits = Decoded(backbone, model.Ids.narrow(1, 0, shortest), 1);
        model.AssertNear("logits", logits, mask: null, columns: shortest);
    });

    private static void Each(Action<FamilyModel, string> compare) => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            folder.Case(name, () =>
            {
                var model = new FamilyModel(folder.FileOf(name));
                Assert.NotEmpty(model.Forms);
                foreach (string form in model.Forms)
                {
                    using var scope = NewDisposeScope();
                    Named(form, () => compare(model, form));
                }
            });
        }
    }, TinyModel.Refuses);

    private static void Named(string form, Action compare)
    {
        try
        {
            compare();
        }
        catch (Xunit.Sdk.XunitException error)
        {
            Assert.Fail($"{form}: {error.Message}");
        }
    }

    /// <summary>The logits of each token from the last given one on, <c>[B, L - given + 1, V]</c>: the given ones are read by torch, the others one by one by the decoder.</summary>
    private static Tensor Decoded(LanguageBackbone backbone, Tensor ids, int given)
    {
        var (count, length) = ((int)ids.shape[0], (int)ids.shape[1]);
        using KeyValueCache cache = backbone.CreateCache(count, length)!;
        using var decoder = new ManagedDecoder(backbone, count, length);
        List<Tensor> columns = [backbone.Logits(backbone.Continue(cache, ids.narrow(1, 0, given), null).select(1, given - 1))];
        for (int column = given; column < length; column++)
        {
            int[][] tokens = [.. ids.select(1, column).contiguous().data<long>().Select(id => new[] { (int)id })];
            if (decoder.CanRead(cache, tokens))
            {
                decoder.Read(cache, tokens);
                float[] logits = [.. Enumerable.Range(0, count).SelectMany(row => decoder.Logits(row).ToArray())];
                columns.Add(tensor(logits, count, logits.Length / count));
            }
            else
            {
                columns.Add(backbone.Logits(backbone.Continue(cache, ids.narrow(1, column, 1), null).select(1, 0)));
            }
        }

        return stack([.. columns], 1);
    }

    private static long[] Written(LanguageBackbone backbone, long[] given, int length)
    {
        using KeyValueCache cache = backbone.CreateCache(1, length)!;
        List<long> tokens = [.. given];
        long[] next = given;
        while (tokens.Count < length)
        {
            using var scope = NewDisposeScope();
            Tensor states = backbone.Continue(cache, tensor(next, 1, next.Length), null);
            next = [backbone.Logits(states[0, -1]).argmax().item<long>()];
            tokens.AddRange(next);
        }

        return [.. tokens];
    }

    private static long[] WrittenWhole(LanguageBackbone backbone, long[] given, int length)
    {
        List<long> tokens = [.. given];
        while (tokens.Count < length)
        {
            using var scope = NewDisposeScope();
            Tensor states = backbone.Forward(tensor(tokens.ToArray(), 1, tokens.Count), null, HiddenStateSelection.None).LastHiddenState;
            tokens.Add(backbone.Logits(states[0, -1]).argmax().item<long>());
        }

        return [.. tokens];
    }
}
