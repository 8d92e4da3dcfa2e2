using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>
/// One of <see cref="ReferenceModels"/>, with its answers.
/// A folder without answers holds the weights of another one under other names: of that with the same config.json, and where several have it, with the name most alike.
/// </summary>
internal sealed class TinyModel
{
    private readonly ReferenceFolder _folder;
    private readonly string _answers;

    public TinyModel(ReferenceFolder folder)
    {
        _folder = folder;
        HasOwnAnswers = folder.Has("expected.json") || folder.Has("expected.safetensors");
        _answers = HasOwnAnswers ? folder.FullPath : OwnerOfTheWeights(folder);
        Tensors = new GoldenTensors(Path.Combine(_answers, "expected.safetensors"));
        Figures = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path.Combine(_answers, "expected.json")));
    }

    /// <summary>Expected tensors.</summary>
    public GoldenTensors Tensors { get; }

    /// <summary>Expected figures.</summary>
    public JsonElement Figures { get; }

    /// <summary>By how much the reference's float32 logits differ from its float64 ones.</summary>
    public double FloatErrorOfLogits => (Figures.TryGetProperty("story", out JsonElement story) ? story : Figures).Number("max_abs_diff_f32_f64_logits");

    /// <summary>Whether the answers are this folder's own.</summary>
    public bool HasOwnAnswers { get; }

    /// <summary>The weights under the names that transformers saves.</summary>
    public GoldenTensors Weights => new(Path.Combine(_answers, "model.safetensors"));

    /// <summary>Whether an error says what of a checkpoint is not supported.</summary>
    public static bool Refuses(Exception error) => error is ModelFileException or NotSupportedException;

    public LanguageBackbone Load() => BackboneRegistry.Load(new DirectorySource(_folder.FullPath));

    public BackboneOutput Forward(LanguageBackbone backbone) => Forward(backbone, HiddenStateSelection.All);

    /// <summary>Runs the reference's batch.</summary>
    public BackboneOutput Forward(LanguageBackbone backbone, HiddenStateSelection states)
    {
        Tensor? mask = Integers("attention_mask")?.to(ScalarType.Bool);
        return Integers("token_type_ids") is { } types ? backbone.Forward(Integers("input_ids")!, mask, types, states) : backbone.Forward(Integers("input_ids")!, mask, states);
    }

    /// <summary>The mean over the batch's targets; without labels its own tokens are those.</summary>
    public Tensor CrossEntropy(LanguageBackbone backbone, BackboneOutput output)
    {
        Tensor labels = Integers("labels") ?? Integers("input_ids")!;
        long length = labels.shape[1];
        Tensor logits = backbone.Logits(output.LastHiddenState.narrow(1, 0, length - 1)).flatten(0, 1);
        return nn.functional.cross_entropy(logits, labels.narrow(1, 1, length - 1).reshape(-1), ignore_index: -100);
    }

    /// <summary>The tokens of each row that are no pads.</summary>
    public int[] Lengths() => [.. Integers("attention_mask")!.sum(1).data<long>().Select(count => (int)count)];

    /// <summary>The expected hidden states.</summary>
    public Tensor[] HiddenStates() => [.. Enumerable.Range(0, Tensors.Names("hidden_states.").Count()).Select(i => Tensors.Tensor($"hidden_states.{i}"))];

    private Tensor? Integers(string name) => Tensors.Contains(name) ? tensor(Tensors.Longs(name), Tensors.Shape(name)) : null;

    private static string OwnerOfTheWeights(ReferenceFolder folder)
    {
        JsonElement config = folder.Json("config.json");
        string? owner = ReferenceModels.KeysWith("expected.json").Intersect(ReferenceModels.KeysWith("config.json"))
            .Where(key => JsonElement.DeepEquals(config, ReferenceModels.Read(key, "config.json")))
            .MaxBy(key => key.Zip(folder.Key).TakeWhile(pair => pair.First == pair.Second).Count());
        return SharedFixtures.Path("fixtures", owner ?? throw new InvalidDataException("There is no expected.json, neither here nor in a folder with the same config.json."));
    }
}
