using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>A checkpoint of hf/families with its answers, read in one of the forms of its config.json.</summary>
internal sealed class FamilyModel
{
    /// <summary>Of the float32 loss of a language model, absolute; the README's.</summary>
    private const double CausalLossTolerance = 1e-5;

    /// <summary>Of an encoder's scalar, a sum over about 2,000 products.</summary>
    private const double EncoderLossTolerance = 2e-4;

    private readonly string _folder;
    private readonly JsonElement _tolerance;

    public FamilyModel(string folder)
    {
        _folder = folder;
        Tensors = new GoldenTensors(Path.Combine(folder, "expected.safetensors"));
        Figures = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        _tolerance = Figures.GetProperty("tolerance");
    }

    public GoldenTensors Tensors { get; }

    public JsonElement Figures { get; }

    public bool IsCausal => Tensors.Contains("logits");

    public GoldenTensors Weights => new(Path.Combine(_folder, "model.safetensors"));

    public Tensor Ids => Integers("input_ids")!;

    public Tensor Mask => Integers("attention_mask")!.to(ScalarType.Bool);

    /// <summary>All forms of the config.json, by their files' names.</summary>
    public IReadOnlyList<string> Forms => [.. Directory.EnumerateFiles(_folder, "config*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public LanguageBackbone Load(string form = "config.json") => BackboneRegistry.Load(new FormSource(_folder, form));

    public BackboneOutput Forward(LanguageBackbone backbone, HiddenStateSelection states) => backbone.Forward(Ids, Mask, Integers("token_type_ids"), states);

    public Tensor? Integers(string name) => Tensors.Contains(name) ? tensor(Tensors.Longs(name), Tensors.Shape(name)) : null;

    /// <summary>Compares a tensor <c>[B, L, ...]</c> at the real tokens, or its first columns.</summary>
    public void AssertNear(string name, Tensor actual, Tensor? mask, string? toleranceName = null, int? columns = null)
    {
        Tensor expected = Tensors.Tensor(name);
        expected = columns is { } count ? expected.narrow(1, 0, count) : expected;
        Assert.Equal(expected.shape, actual.shape);
        Tensor difference = (actual - expected).abs();
        if (mask is not null)
        {
            difference = difference.flatten(0, 1).index_select(0, mask.flatten().nonzero().flatten());
        }

        double error = difference.max().item<float>();
        double tolerance = _tolerance.GetProperty(toleranceName ?? name).GetDouble();
        Assert.True(error <= tolerance, $"{name}: absolute error {error:E2}, allowed {tolerance:E2}");
    }

    /// <summary>Runs the scalar's gradient and compares it with the norms in expected.json.</summary>
    public void AssertLossAndGradients(LanguageBackbone backbone)
    {
        BackboneOutput output = Forward(backbone, HiddenStateSelection.None);
        Tensor scalar = IsCausal ? CrossEntropy(backbone.Logits(output.LastHiddenState)) : (output.LastHiddenState * Tensors.Tensor("grad_probe")).sum();
        backbone.zero_grad();
        scalar.backward();

        double loss = Figures.GetProperty("loss_f64").GetDouble();
        double tolerance = IsCausal ? CausalLossTolerance : EncoderLossTolerance;
        Assert.True(Math.Abs(scalar.item<float>() - loss) <= tolerance, $"loss: {scalar.item<float>()}, expected {loss}");
        AssertGradients(backbone);
    }

    private void AssertGradients(LanguageBackbone backbone)
    {
        var expected = Norms("grad_norms");
        var withPad = Figures.TryGetProperty("grad_norms_with_pad_row", out _) ? Norms("grad_norms_with_pad_row") : [];
        double largest = expected.Values.Max();
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            double norm = parameter.grad is { } gradient ? gradient.to(ScalarType.Float64).norm().item<double>() : 0;
            double[] right = [expected.GetValueOrDefault(name), .. withPad.TryGetValue(name, out double other) ? [other] : Array.Empty<double>()];
            bool isNear = right.Any(value => Math.Abs(norm - value) <= (value < 1e-4 * largest ? 1e-6 * largest : 1e-4 * value));
            Assert.True(isNear, $"gradient of {name}: norm {norm:G7}, expected {string.Join(" or ", right)}");
        }

        Assert.Empty(expected.Keys.Except(backbone.named_parameters().Select(pair => pair.name)));
    }

    private Dictionary<string, double> Norms(string key) => Figures.GetProperty(key).EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetDouble(), StringComparer.Ordinal);

    private Tensor CrossEntropy(Tensor logits)
    {
        long length = Ids.shape[1];
        Tensor labels = Ids.masked_fill(Mask.logical_not(), -100);
        return nn.functional.cross_entropy(logits.narrow(1, 0, length - 1).flatten(0, 1), labels.narrow(1, 1, length - 1).reshape(-1), ignore_index: -100);
    }

    /// <summary>A directory in which another file stands for config.json.</summary>
    private sealed class FormSource(string folder, string form) : FileSource
    {
        private readonly DirectorySource _directory = new(folder);

        public override string Name => _directory.Name;

        public override bool Contains(string fileName) => _directory.Contains(Named(fileName));

        public override void Read(string fileName, Action<Stream> read) => _directory.Read(Named(fileName), read);

        private string Named(string fileName) => fileName == "config.json" ? form : fileName;
    }
}
