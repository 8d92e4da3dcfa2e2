using MLNet.Dispersion.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Gpu;

/// <summary>The reference library's answers of every family, computed on the card.</summary>
public sealed class CardGoldenTests : ReferenceTests
{
    private const string Key = "hf/families";

    [SkippableFact]
    public void Forward_OnTheCard_EqualsTheReference() => Each(model =>
    {
        using var noGradient = no_grad();
        using LanguageBackbone backbone = Loaded(model);
        BackboneOutput output = Forward(model, backbone);
        for (int i = 0; i < output.HiddenStates.Count; i++)
        {
            model.AssertNear($"hidden_states.{i}", output.HiddenStates[i]!.cpu(), model.Mask, "hidden_states");
        }

        if (model.IsCausal)
        {
            model.AssertNear("logits", backbone.Logits(output.LastHiddenState).cpu(), model.Mask);
        }
        else
        {
            model.AssertNear("last_hidden_state", output.LastHiddenState.cpu(), model.Mask);
        }
    });

    [SkippableFact]
    public void Greedy_OnTheCard_WritesTheReferenceTokens() => Each(model =>
    {
        if (!model.IsCausal)
        {
            return;
        }

        using var noGradient = no_grad();
        using LanguageBackbone backbone = Loaded(model);
        long[] greedy = model.Tensors.Longs("greedy");
        int given = model.Figures.GetProperty("greedy").GetProperty("prompt_tokens").GetInt32();
        using KeyValueCache cache = backbone.CreateCache(1, greedy.Length)!;
        List<long> tokens = [.. greedy[..given]];
        long[] next = greedy[..given];
        while (tokens.Count < greedy.Length)
        {
            using var scope = NewDisposeScope();
            Tensor states = backbone.Continue(cache, tensor(next, [1, next.Length], device: Card.Device), null);
            next = [backbone.Logits(states[0, -1]).argmax().item<long>()];
            tokens.AddRange(next);
        }

        Assert.Equal(greedy, tokens);
    });

    [SkippableFact]
    public void Forward_InBFloat16_IsNearTheReference() => Each(model =>
    {
        using var noGradient = no_grad();
        using LanguageBackbone backbone = Loaded(model);
        using var computing = backbone.Context.ComputeIn(ScalarType.BFloat16);
        Tensor expected = model.Tensors.Tensor($"hidden_states.{backbone.Info.LayerCount}");
        Tensor actual = Forward(model, backbone).HiddenStates[^1]!.cpu().to(ScalarType.Float32);
        Tensor real = model.Mask.flatten().nonzero().flatten();
        double off = (actual - expected).flatten(0, 1).index_select(0, real).norm().item<float>() / expected.flatten(0, 1).index_select(0, real).norm().item<float>();

        // Eight bits of mantissa, a few layers.
        Assert.InRange(off, 0, 0.05);
    });

    private static LanguageBackbone Loaded(FamilyModel model)
    {
        LanguageBackbone backbone = model.Load();
        backbone.to(Card.Device);
        return backbone;
    }

    private static BackboneOutput Forward(FamilyModel model, LanguageBackbone backbone) =>
        backbone.Forward(model.Ids.to(Card.Device), model.Mask.to(Card.Device), model.Integers("token_type_ids")?.to(Card.Device), HiddenStateSelection.All);

    private static void Each(Action<FamilyModel> compare)
    {
        _ = Card.Device;
        Check(
            Key,
            folder =>
            {
                foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
                {
                    folder.Case(name, () =>
                    {
                        using var scope = NewDisposeScope();
                        compare(new FamilyModel(folder.FileOf(name)));
                    });
                }
            },
            error => error is ModelFileException or NotSupportedException);
    }
}
