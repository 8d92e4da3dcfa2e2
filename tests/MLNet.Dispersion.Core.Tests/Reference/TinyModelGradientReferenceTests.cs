using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Losses, dispersion and gradients of whole models: the gradients by the library's regulariser and, to hold the backbone alone against the reference, by one written out here.</summary>
public sealed class TinyModelGradientReferenceTests : ReferenceTests
{
    private const double LossTolerance = 1e-5;
    private const double GradientTolerance = 1e-4;
    private const double DispersionTolerance = 5e-6;

    /// <summary>What the README states where expected.json does not.</summary>
    private const double StatedClamp = 0.1;
    private const double StatedCoefficient = 0.1;

    [SkippableFact]
    public void Backward_CausalModel_GivesTheReferenceGradients() => CheckEach(ReferenceModels.CausalKeys, folder =>
    {
        foreach (Objective objective in Objectives(new TinyModel(folder).Figures))
        {
            folder.Case($"gradient of {objective.Name}", () => AssertCausal(new TinyModel(folder), objective));
        }
    }, TinyModel.Refuses);

    [SkippableFact]
    public void Backward_Encoder_GivesTheReferenceGradients() => CheckEach(ReferenceModels.KeysWithFigure("objective_value"), folder => folder.Case("gradient", () =>
    {
        using var scope = NewDisposeScope();
        var model = new TinyModel(folder);
        using LanguageBackbone backbone = model.Load();

        BackboneOutput output = model.Forward(backbone);
        Tensor spread = DispersionRegularizer.Compute(output.HiddenStates, null, new DispersionOptions { ClampThreshold = StatedClamp, MaxTokens = null }, null);
        Tensor objective = backbone.Summary(output.LastHiddenState, model.Lengths()).pow(2).mean().add(spread.mul(StatedCoefficient));
        objective.backward();

        Assert.Equal(model.Figures.Number("objective_value"), objective.item<float>(), LossTolerance);
        Assert.Equal(model.Figures.Number("dispersion_clamp_0_1"), spread.item<float>(), LossTolerance);
        AssertGradients(backbone, model.Tensors, "grad.");
    }), TinyModel.Refuses);

    [SkippableFact]
    public void Compute_ReferenceStates_MatchesTotalAndEachLayer() => CheckEach(ReferenceModels.CausalKeys.Intersect(ReferenceModels.KeysWith("expected.json")), folder =>
    {
        var model = new TinyModel(folder);
        foreach (Objective objective in Objectives(model.Figures))
        {
            folder.Case($"dispersion of {objective.Name}", () =>
            {
                using var scope = NewDisposeScope();
                Tensor[] states = model.HiddenStates();

                // The reference knows no mask: pads are tokens like any other there.
                Assert.Equal(objective.Dispersion, DispersionRegularizer.Compute(states, null, objective.Options, null).item<float>(), DispersionTolerance);
                Assert.Equal(model.Figures.TryGetProperty("n_hidden_states", out JsonElement count) ? count.GetInt32() : states.Length, states.Length);
                Assert.Equal(states.Length, objective.FirstLayer + objective.PerLayer.Length);
                Assert.All(objective.PerLayer.Index(), layer => Assert.Equal(layer.Item, DispersionSamples.Value(states[layer.Index + objective.FirstLayer], objective.Options), DispersionTolerance));
            });
        }
    }, TinyModel.Refuses);

    private static List<Objective> Objectives(JsonElement figures)
    {
        JsonElement grads = figures.GetProperty("grads");
        if (figures.TryGetProperty("story", out JsonElement story))
        {
            return [new("the story", "grad.", StatedClamp, StatedCoefficient, story.Number("ce"), grads.Number("dispersion"), grads.Number("dispersion"), 0, story.Numbers("angular_spread_clamp_0_1_per_hidden_state"), null)];
        }

        return [.. grads.EnumerateObject().Select(run => new Objective(
            run.Name, $"grad.{run.Name}.", run.Value.Number("clamp_threshold"), run.Value.Number("coeff"), figures.Number("loss_ce"),
            run.Value.Number("dispersion"), run.Value.Number("dispersion_f64"), 1, run.Value.Numbers("dispersion_per_layer"), run.Value.GetProperty("grad_norms")))];
    }

    private static void AssertCausal(TinyModel model, Objective objective)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = model.Load();
        foreach (Func<IReadOnlyList<Tensor?>, Tensor> dispersion in (Func<IReadOnlyList<Tensor?>, Tensor>[])[states => DispersionRegularizer.Compute(states, null, objective.Options, null), states => NaiveDispersion(states, objective.Clamp)])
        {
            backbone.zero_grad();
            BackboneOutput output = model.Forward(backbone);
            Tensor crossEntropy = model.CrossEntropy(backbone, output);
            Tensor spread = dispersion(output.HiddenStates);
            crossEntropy.add(spread.mul(objective.Coefficient)).backward();

            AssertRelative("cross-entropy", objective.CrossEntropy, crossEntropy.item<float>());
            AssertRelative("dispersion", objective.Dispersion32, spread.item<float>());
            AssertGradients(backbone, model.Tensors, objective.Prefix);
            if (objective.Norms is { } norms)
            {
                AssertNorms(backbone, norms);
            }

            string alone = $"grad.dispersion_only_{objective.Name}.";
            if (model.Tensors.Names(alone).Any())
            {
                backbone.zero_grad();
                dispersion(model.Forward(backbone, HiddenStateSelection.Of(LayerSelection.All.HiddenStateIndices(backbone.Info.LayerCount))).HiddenStates).backward();
                AssertGradients(backbone, model.Tensors, alone);
            }
        }
    }

    private static void AssertGradients(LanguageBackbone backbone, GoldenTensors expected, string prefix)
    {
        var parameters = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        Assert.NotEmpty(expected.Names(prefix));
        foreach (string name in expected.Names(prefix))
        {
            // An untied head that the objective does not use has no gradient at all; the reference states zeros.
            Tensor value = expected.Tensor(name);
            Tensor gradient = parameters[name[prefix.Length..]].grad ?? zeros_like(value);
            double error = (gradient - value).norm().item<float>() / Math.Max(1e-12, value.norm().item<float>());
            Assert.True(error <= GradientTolerance, $"{name}: relative error {error}");
        }
    }

    private static void AssertNorms(LanguageBackbone backbone, JsonElement norms)
    {
        var parameters = backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Assert.Equal(parameters.Count, norms.EnumerateObject().Count());
        foreach (JsonProperty norm in norms.EnumerateObject())
        {
            double expected = norm.Value.Number();
            double actual = parameters[norm.Name].grad?.norm().item<float>() ?? 0;
            Assert.True(Math.Abs(actual - expected) <= GradientTolerance * expected, $"{norm.Name}: norm {actual}, expected {expected}");
        }
    }

    private static void AssertRelative(string name, double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= LossTolerance * Math.Abs(expected), $"{name}: expected {expected}, was {actual}");

    /// <summary>angular_spread, tau 1, eps 1e-2, mean over hidden states 1..N and all positions, with the clamp that gradients pass straight through.</summary>
    private static Tensor NaiveDispersion(IReadOnlyList<Tensor?> hiddenStates, double clamp) => stack(hiddenStates.Skip(1).Select(z =>
    {
        long length = z!.shape[1];
        var unit = z / (z.norm(2, true, 2) + 1e-2);
        var cosine = unit.matmul(unit.transpose(1, 2));
        var clamped = cosine + (cosine.clamp(-1 + clamp, 1 - clamp) - cosine).detach();
        var exponents = (clamped.arccos() / -Math.PI) + 1e-2;
        var diagonal = eye(length, dtype: ScalarType.Bool).unsqueeze(0);
        return (exponents.masked_fill(diagonal, float.NegativeInfinity).flatten(1).logsumexp(1) - Math.Log(length * (length - 1.0))).mean();
    }).ToArray()).mean();

    /// <summary>Cross-entropy and dispersion: what the gradients are of, and the figures that go with them.</summary>
    /// <param name="Name">What the case is called.</param>
    /// <param name="Prefix">Of the gradients' names.</param>
    /// <param name="Clamp">The clamp of the dispersion.</param>
    /// <param name="Coefficient">Its weight in the loss.</param>
    /// <param name="CrossEntropy">Expected.</param>
    /// <param name="Dispersion32">Expected, computed in float32.</param>
    /// <param name="Dispersion">Expected, as exact as there is.</param>
    /// <param name="FirstLayer">The hidden state that <paramref name="PerLayer"/> begins with.</param>
    /// <param name="PerLayer">Expected of single hidden states.</param>
    /// <param name="Norms">Expected norms of all gradients, where stated.</param>
    private sealed record Objective(string Name, string Prefix, double Clamp, double Coefficient, double CrossEntropy, double Dispersion32, double Dispersion, int FirstLayer, double[] PerLayer, JsonElement? Norms)
    {
        public DispersionOptions Options => new() { ClampThreshold = Clamp, MaxTokens = null };
    }
}
