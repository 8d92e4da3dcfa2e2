using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Values and gradients of every variant of the dispersion loss.</summary>
public sealed class DispersionReferenceTests : ReferenceTests
{
    private const string Folder = "dispersion";
    private const double EdgeTolerance = 2e-6;

    [SkippableFact]
    public void Compute_ReferenceCases_MatchesValueAndGradient() => Check(Folder, folder =>
    {
        var inputs = new GoldenTensors(folder.FileOf("inputs.safetensors"));
        var expected = new GoldenTensors(folder.FileOf("expected.safetensors"));
        JsonElement file = folder.Json("cases.json");
        foreach (JsonElement golden in file.GetProperty("cases").EnumerateArray())
        {
            string id = golden.GetProperty("id").GetString()!;
            folder.Case(id, () =>
            {
                using var scope = torch.NewDisposeScope();
                (double loss, torch.Tensor gradient) = DispersionSamples.Run(inputs.Tensor(golden.GetProperty("input").GetString()!), OptionsOf(golden, golden));
                if (golden.GetProperty("non_finite").GetBoolean())
                {
                    // A constant row, of which the reference makes NaN: ours stays finite.
                    AssertFinite(loss, gradient);
                    return;
                }

                double lossError = Math.Abs(loss - golden.Number("loss_f64"));
                double gradientError = (gradient - expected.Tensor(id + ".grad_f64")).norm().item<float>();
                Assert.True(
                    lossError <= golden.Number("loss_tol") && gradientError <= golden.Number("grad_l2_tol"),
                    $"{golden.GetProperty("variant")} of {golden.GetProperty("input")}: loss off by {lossError:g3}, gradient by {gradientError:g3} (norm {golden.GetProperty("grad_norm_f64")})");
            });
        }

        Assert.Equal(file.TryGetProperty("n_cases", out JsonElement count) ? count.GetInt32() : folder.CaseCount, folder.CaseCount);
    });

    [SkippableFact]
    public void Compute_EdgeCases_MatchesReferenceWhereItHasAnAnswer() => Check(Folder, folder =>
    {
        foreach (JsonElement edge in folder.Json("edge_cases.json").GetProperty("cases").EnumerateArray())
        {
            folder.Case($"{edge.GetProperty("case")} {edge.GetProperty("variant")}", () =>
            {
                using var scope = torch.NewDisposeScope();
                torch.Tensor states = Nested(edge.GetProperty("z"));
                (double loss, torch.Tensor gradient) = DispersionSamples.Run(states, OptionsOf(edge, edge.GetProperty("params")));
                AssertFinite(loss, gradient);
                if (states.shape[1] == 1)
                {
                    // Nothing to spread: no loss, where the reference has NaN or what is left of its norm term.
                    Assert.Equal(0, loss);
                    Assert.Equal(0, gradient.abs().max().item<float>());
                }
                else if (edge.GetProperty("grad_all_finite").GetBoolean())
                {
                    Assert.Equal(edge.Number("loss"), loss, EdgeTolerance);
                    Assert.InRange((gradient - Nested(edge.GetProperty("grad"))).norm().item<float>(), 0, EdgeTolerance);
                }
            });
        }
    });

    private static void AssertFinite(double loss, torch.Tensor gradient)
    {
        Assert.True(double.IsFinite(loss), $"loss {loss}");
        Assert.True(gradient.isfinite().all().item<bool>(), "the gradient is not finite");
    }

    private static DispersionOptions OptionsOf(JsonElement golden, JsonElement settings) => new()
    {
        Variant = Variant(golden.GetProperty("variant").GetString()!),
        TauL2 = settings.Number("tau_l2"),
        TauCos = settings.Number("tau_cos"),
        Margin = settings.Number("margin"),
        Epsilon = settings.Number("epsilon"),
        ClampThreshold = settings.Number("clamp_threshold"),
        MaxTokens = null,
    };

    /// <summary>A variant by the reference's name.</summary>
    internal static DispersionVariant Variant(string name) => Enum.Parse<DispersionVariant>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    private static torch.Tensor Nested(JsonElement array)
    {
        float[][][] values = array.Deserialize<float[][][]>()!;
        return torch.tensor(values.SelectMany(b => b).SelectMany(l => l).ToArray(), values.Length, values[0].Length, values[0][0].Length);
    }
}
