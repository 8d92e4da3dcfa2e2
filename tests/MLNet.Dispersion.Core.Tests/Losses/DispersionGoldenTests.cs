using System.Text.Json;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Losses;

public class DispersionGoldenTests
{
    private static readonly Lazy<Goldens> Data = new(() => new Goldens());

    public static TheoryData<DispersionVariant> Variants => [.. Enum.GetValues<DispersionVariant>()];

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void Compute_ReferenceCases_MatchesValueAndGradient(DispersionVariant variant)
    {
        _ = SharedFixtures.Fixture("dispersion");
        var failures = new List<string>();
        int checkedCases = 0;
        foreach (JsonElement golden in Data.Value.Cases.Where(c => VariantOf(c) == variant && !c.GetProperty("non_finite").GetBoolean()))
        {
            using var scope = torch.NewDisposeScope();
            string id = golden.GetProperty("id").GetString()!;
            (double loss, torch.Tensor gradient) = DispersionSamples.Run(Data.Value.Inputs.Tensor(golden.GetProperty("input").GetString()!), OptionsOf(golden, variant));
            double lossError = Math.Abs(loss - golden.GetProperty("loss_f64").GetDouble());
            double gradientError = (gradient - Data.Value.Expected.Tensor(id + ".grad_f64")).norm().item<float>();
            if (!(lossError <= golden.GetProperty("loss_tol").GetDouble() && gradientError <= golden.GetProperty("grad_l2_tol").GetDouble()))
            {
                failures.Add($"{id} {golden.GetProperty("input")}: loss off by {lossError:g3}, gradient by {gradientError:g3} (norm {golden.GetProperty("grad_norm_f64")})");
            }

            checkedCases++;
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(ExpectedCount(variant), checkedCases);
    }

    [SkippableFact]
    public void Compute_ConstantRowInReferenceCase_IsFiniteWhereTheReferenceIsNot()
    {
        _ = SharedFixtures.Fixture("dispersion");
        using var scope = torch.NewDisposeScope();
        JsonElement golden = Assert.Single(Data.Value.Cases, c => c.GetProperty("non_finite").GetBoolean());
        (double loss, torch.Tensor gradient) = DispersionSamples.Run(Data.Value.Inputs.Tensor(golden.GetProperty("input").GetString()!), OptionsOf(golden, VariantOf(golden)));
        Assert.True(double.IsFinite(loss));
        Assert.True(gradient.isfinite().all().item<bool>());
    }

    [SkippableFact]
    public void Compute_EdgeCases_MatchesReferenceWhereItHasAnAnswer()
    {
        _ = SharedFixtures.Fixture("dispersion");
        using JsonDocument edges = JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture("dispersion", "edge_cases.json")));
        int compared = 0;
        foreach (JsonElement edge in edges.RootElement.GetProperty("cases").EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            DispersionVariant variant = VariantOf(edge);
            (double loss, torch.Tensor gradient) = DispersionSamples.Run(Nested(edge.GetProperty("z")), OptionsOf(edge.GetProperty("params"), variant));
            string name = $"{edge.GetProperty("case")} {variant}";
            Assert.True(double.IsFinite(loss) && gradient.isfinite().all().item<bool>(), name);
            if (edge.GetProperty("case").GetString() == "L=1")
            {
                Assert.Equal(0, loss);
                Assert.Equal(0, gradient.abs().max().item<float>());
            }
            else if (edge.GetProperty("grad_all_finite").GetBoolean())
            {
                Assert.True(Math.Abs(loss - edge.GetProperty("loss").GetDouble()) <= 2e-6, $"{name}: {loss}");
                Assert.True((gradient - Nested(edge.GetProperty("grad"))).norm().item<float>() <= 2e-6, name);
                compared++;
            }
        }

        Assert.Equal(16, compared);
    }

    private static int ExpectedCount(DispersionVariant variant) => variant switch
    {
        DispersionVariant.AngularSpread => 108,
        DispersionVariant.L2Repel => 68,
        DispersionVariant.PerplexityEntropy => 68,
        DispersionVariant.Orthogonalization => 66,
        _ => 13,
    };

    private static DispersionVariant VariantOf(JsonElement golden) =>
        Enum.Parse<DispersionVariant>(golden.GetProperty("variant").GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    private static DispersionOptions OptionsOf(JsonElement golden, DispersionVariant variant) => new()
    {
        Variant = variant,
        TauL2 = golden.GetProperty("tau_l2").GetDouble(),
        TauCos = golden.GetProperty("tau_cos").GetDouble(),
        Margin = golden.GetProperty("margin").GetDouble(),
        Epsilon = golden.GetProperty("epsilon").GetDouble(),
        ClampThreshold = golden.GetProperty("clamp_threshold").GetDouble(),
        MaxTokens = null,
    };

    private static torch.Tensor Nested(JsonElement array)
    {
        float[][][] values = array.Deserialize<float[][][]>()!;
        return torch.tensor(values.SelectMany(b => b).SelectMany(l => l).ToArray(), values.Length, values[0].Length, values[0][0].Length);
    }

    private sealed class Goldens
    {
        public GoldenTensors Inputs { get; } = new(SharedFixtures.Fixture("dispersion", "inputs.safetensors"));

        public GoldenTensors Expected { get; } = new(SharedFixtures.Fixture("dispersion", "expected.safetensors"));

        public JsonElement[] Cases { get; } =
            [.. JsonDocument.Parse(File.ReadAllText(SharedFixtures.Fixture("dispersion", "cases.json"))).RootElement.GetProperty("cases").EnumerateArray()];
    }
}
