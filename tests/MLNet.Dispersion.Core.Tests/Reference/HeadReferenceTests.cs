using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Models for classes of texts and tokens, spans and masked tokens, saved by Hugging Face's library: labels, logits, losses and gradients.</summary>
public sealed class HeadReferenceTests : ReferenceTests
{
    private const string Key = "hf/heads";

    /// <summary>Of the loss, absolute; the README's.</summary>
    private const double LossTolerance = 1e-5;

    [SkippableFact]
    public void Load_ReadsLabelsAndProblemType() => Each((folder, name, model, _, _) =>
    {
        PretrainedHead head = model.Head!;
        JsonElement config = folder.Json(name, "config.json");
        Assert.Equal(folder.Json(name, "expected.json").GetProperty("task").GetString(), head.Task switch { HeadTask.Sequence => "sequence", HeadTask.Tokens => "token", HeadTask.Spans => "question", _ => "mlm" });
        string[] labels = config.TryGetProperty("id2label", out JsonElement byId) && byId.ValueKind == JsonValueKind.Object ? [.. byId.EnumerateObject().OrderBy(pair => int.Parse(pair.Name, System.Globalization.CultureInfo.InvariantCulture)).Select(pair => pair.Value.GetString()!)] : [];
        Assert.Equal(labels, head.Labels);
        ProblemType? problem = config.TryGetProperty("problem_type", out JsonElement type) ? type.GetString() switch { "single_label_classification" => ProblemType.SingleLabel, "multi_label_classification" => ProblemType.MultiLabel, "regression" => ProblemType.Regression, _ => null } : null;
        Assert.Equal(problem, head.ProblemType);
    });

    [SkippableFact]
    public void Outputs_PaddedOnEitherSideAndWithPadsInside_EqualTheReference() => Each((folder, name, model, golden, tolerance) =>
    {
        using var noGradient = no_grad();
        AssertNear(golden, "logits", Outputs(model, golden, ""), tolerance);
        foreach (string kind in new[] { "left.", "pad_inside." }.Where(kind => golden.Contains(kind + "logits")))
        {
            AssertNear(golden, kind + "logits", Outputs(model, golden, kind), tolerance);
        }
    });

    [SkippableFact]
    public void Backward_LossAndGradients_EqualTheReference() => Each((folder, name, model, golden, _) =>
    {
        JsonElement figures = folder.Json(name, "expected.json");
        Tensor outputs = Outputs(model, golden, "");
        Tensor loss = (model.Head!.Task, model.Head.ProblemType) switch
        {
            (HeadTask.Spans, _) => HeadLosses.Spans(outputs, Longs(golden, "start_positions"), Longs(golden, "end_positions")),
            (HeadTask.Sequence, ProblemType.MultiLabel) => HeadLosses.Labels(outputs, golden.Tensor("labels")),
            (HeadTask.Sequence, ProblemType.Regression) => HeadLosses.Values(outputs, golden.Tensor("labels")),
            _ => HeadLosses.Classes(outputs, Longs(golden, "labels")),
        };
        loss.backward();

        Assert.InRange(Math.Abs(loss.item<float>() - figures.GetProperty("loss").GetDouble()), 0, LossTolerance);
        var expected = Norms(figures, "grad_norms").ToDictionary(pair => model.Backbone.ParameterName(pair.Name), pair => pair.Value, StringComparer.Ordinal);
        var withPad = (figures.TryGetProperty("grad_norms_with_pad_row", out JsonElement ignored) ? Norms(figures, "grad_norms_with_pad_row") : []).ToDictionary(pair => model.Backbone.ParameterName(pair.Name), pair => pair.Value, StringComparer.Ordinal);
        double largest = expected.Values.Max();
        var parameters = model.Backbone.named_parameters().Select(pair => (pair.name, pair.parameter)).Concat(model.Head.Parameters).ToArray();
        Assert.Empty(expected.Keys.Except(parameters.Select(pair => pair.Item1)));
        foreach (var (parameterName, parameter) in parameters)
        {
            double norm = parameter.grad is { } gradient ? gradient.to(ScalarType.Float64).norm().item<double>() : 0;
            double[] right = [expected.GetValueOrDefault(parameterName), .. withPad.TryGetValue(parameterName, out double other) ? [other] : Array.Empty<double>()];
            bool isNear = right.Any(value => Math.Abs(norm - value) <= (value < 1e-4 * largest ? 1e-6 * largest : 1e-4 * value));
            Assert.True(isNear, $"gradient of {parameterName}: norm {norm:G7}, expected {string.Join(" or ", right)}");
        }
    });

    [SkippableFact]
    public void Save_HasTheTensorsAndTheConfigOfTheReference() => Each((folder, name, model, golden, _) =>
    {
        string target = Directory.CreateTempSubdirectory("mlnet-dispersion-heads-").FullName;
        try
        {
            model.Save(target);
            using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
            using var noGradient = no_grad();
            Assert.True(Outputs(model, golden, "").eq(Outputs(again, golden, "")).all().item<bool>());

            static IEnumerable<string> Tensors(string file) => new GoldenTensors(file).Names().Order(StringComparer.Ordinal);
            Assert.Equal(Tensors(folder.FileOf(name, "model.safetensors")), Tensors(Path.Combine(target, "model.safetensors")));
            JsonElement original = folder.Json(name, "config.json"), saved = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path.Combine(target, "config.json")));
            foreach (string key in new[] { "architectures", "id2label", "label2id", "problem_type" }.Where(key => original.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null))
            {
                Assert.True(JsonElement.DeepEquals(original.GetProperty(key), saved.GetProperty(key)), $"{key} was {original.GetProperty(key)}, is {saved.GetProperty(key)}");
            }
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    });

    private static void Each(Action<ReferenceFolder, string, PretrainedLanguageModel, GoldenTensors, double> compare) => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            folder.Case(name, () =>
            {
                using var scope = NewDisposeScope();
                using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf(name)));
                Assert.NotNull(model.Head);
                compare(folder, name, model, new GoldenTensors(folder.FileOf(name, "expected.safetensors")), folder.Json(name, "expected.json").GetProperty("tolerance").GetDouble());
            });
        }
    }, TinyModel.Refuses);

    private static (string Name, double Value)[] Norms(JsonElement figures, string key) => [.. figures.GetProperty(key).EnumerateObject().Select(entry => (entry.Name, entry.Value.GetDouble()))];

    private static Tensor Longs(GoldenTensors golden, string name) => tensor(golden.Longs(name), golden.Shape(name));

    private static Tensor Outputs(PretrainedLanguageModel model, GoldenTensors golden, string kind)
    {
        Tensor ids = Longs(golden, kind + "input_ids");
        Tensor? mask = golden.Contains(kind + "attention_mask") ? Longs(golden, kind + "attention_mask").to(ScalarType.Bool) : null;
        return model.Head!.Outputs(model.Backbone.Forward(ids, mask, HiddenStateSelection.None).LastHiddenState, ids, mask);
    }

    private static void AssertNear(GoldenTensors golden, string name, Tensor actual, double tolerance)
    {
        Tensor expected = golden.Tensor(name);
        Assert.Equal(expected.shape, actual.shape);
        Tensor difference = (expected - actual).abs();
        if (expected.dim() == 3)
        {
            difference = difference.index([Longs(golden, "attention_mask").to(ScalarType.Bool)]);
        }

        double error = difference.max().item<float>();
        Assert.True(error <= tolerance, $"{name}: absolute error {error:E2}, allowed {tolerance:E2}");
    }
}
