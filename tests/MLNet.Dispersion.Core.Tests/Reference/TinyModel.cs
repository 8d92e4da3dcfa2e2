using System.Text.Json;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>
/// A model folder of the reference, known by its format: it lies directly below fixtures and holds config.json and model.safetensors, with the answers in expected.json and expected.safetensors.
/// A folder without answers holds the weights of another one under other names: of that with the same config.json, and where several have it, with the name most alike.
/// </summary>
internal sealed class TinyModel
{
    private static readonly string[] Marks = ["config.json", "model.safetensors", "expected.json"];
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

    /// <summary>The model folders. One that required.json names and that is empty may have been one, and is given too: it yields no case.</summary>
    public static IReadOnlyList<string> Keys
    {
        get
        {
            string[] names = [.. Directory.EnumerateDirectories(SharedFixtures.Path("fixtures")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
            return [.. names.Where(name => Marks.Any(mark => Exists(name, mark)) || IsEmptyAndRequired(name))];
        }
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

    /// <summary>The model folders that have a file, or a folder, of that name.</summary>
    public static IEnumerable<string> KeysWith(params string[] parts) => Keys.Where(key => Exists([key, .. parts]));

    /// <summary>The model folders whose expected.json has that member.</summary>
    public static IEnumerable<string> KeysWithFigure(string name) => KeysWith("expected.json").Where(key =>
        JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(SharedFixtures.Path("fixtures", key, "expected.json"))).TryGetProperty(name, out _));

    /// <summary>The model folders of language models that predict next tokens.</summary>
    public static IEnumerable<string> CausalKeys => KeysWith("model.safetensors").Except(KeysWithFigure("objective_value"));

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

    private static bool Exists(params string[] parts) => Path.Exists(Path.Combine([SharedFixtures.Root, "fixtures", .. parts]));

    private static bool IsEmptyAndRequired(string name)
    {
        string required = Path.Combine(SharedFixtures.Root, "fixtures", "required.json");
        return !Directory.EnumerateFiles(Path.Combine(SharedFixtures.Root, "fixtures", name), "*", SearchOption.AllDirectories).Any()
            && File.Exists(required) && JsonNode.Parse(File.ReadAllBytes(required))!.AsObject().ContainsKey(name);
    }

    private static string OwnerOfTheWeights(ReferenceFolder folder)
    {
        JsonNode? config = JsonNode.Parse(File.ReadAllBytes(folder.FileOf("config.json")));
        string? owner = KeysWith("expected.json")
            .Where(key => Exists(key, "config.json") && JsonNode.DeepEquals(config, JsonNode.Parse(File.ReadAllBytes(SharedFixtures.Path("fixtures", key, "config.json")))))
            .MaxBy(key => key.Zip(folder.Key).TakeWhile(pair => pair.First == pair.Second).Count());
        return SharedFixtures.Path("fixtures", owner ?? throw new InvalidDataException("There is no expected.json, neither here nor in a folder with the same config.json."));
    }
}
