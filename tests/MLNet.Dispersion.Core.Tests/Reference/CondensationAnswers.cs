using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Texts of a model: their hidden states and what the reference measured of them. They lie in a folder of their own, or in the folder "condensation" of a model.</summary>
internal sealed class CondensationAnswers
{
    private const string Inner = "condensation";
    private const string AverageName = "averaged_over_sequences";
    private readonly ReferenceFolder _folder;
    private readonly string _below;
    private readonly GoldenTensors _tensors;

    private CondensationAnswers(ReferenceFolder folder, string below)
    {
        _folder = folder;
        _below = below;
        _tensors = new GoldenTensors(folder.FileOf(below, "condensation.safetensors"));
        Figures = folder.Json(below, "condensation.json");
    }

    /// <summary>The folders that hold such answers.</summary>
    public static IEnumerable<string> Keys => [Inner, .. ReferenceModels.KeysWith(Inner)];

    /// <summary>Those of them that also have figures averaged over the texts.</summary>
    public static IEnumerable<string> KeysWithAverages => Keys.Where(key => ((string[])[string.Empty, Inner])
        .Select(below => Path.Combine(SharedFixtures.Root, "fixtures", key, below, "condensation.json"))
        .Any(file => File.Exists(file) && JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(file)).TryGetProperty(AverageName, out _)));

    /// <summary>All expected figures.</summary>
    public JsonElement Figures { get; }

    /// <summary>The expected figures of each text.</summary>
    public JsonProperty[] Texts => [.. Figures.GetProperty("sequences").EnumerateObject()];

    /// <summary>The figures averaged over the texts, where there are several.</summary>
    public JsonElement? Averaged => Figures.TryGetProperty(AverageName, out JsonElement averaged) ? averaged : null;

    /// <summary>Of each text, where all have as many, as averages need.</summary>
    public int TokensPerText => Assert.Single(Texts.Select(text => text.Value.GetProperty("n_tokens").GetInt32()).Distinct());

    /// <summary>The answers of a folder; none where it is empty.</summary>
    public static IEnumerable<CondensationAnswers> Of(ReferenceFolder folder) =>
        ((string[])[string.Empty, Inner]).Where(below => folder.Has(below, "condensation.json")).Select(below => new CondensationAnswers(folder, below));

    /// <summary>What the report calls a case.</summary>
    public string CaseName(string name) => _below.Length == 0 ? name : $"{_below}/{name}";

    /// <summary>The folder of the model that the hidden states are of; skips where it is absent.</summary>
    public string ModelFolder() => _below.Length > 0 ? _folder.FullPath : SharedFixtures.Path("fixtures", Figures.GetProperty("model").GetString()!);

    /// <summary>Sequences of numbers whose trends are known.</summary>
    public IEnumerable<JsonElement> TrendCases() => _folder.Json(_below, "trend_cases.json").EnumerateArray();

    public int[] Ids(string text) => [.. _tensors.Longs($"{text}.input_ids").Select(id => (int)id)];

    /// <summary>The text's cosines in a hidden state.</summary>
    public Tensor Cosines(JsonProperty text, int hiddenState) => _tensors.Tensor($"{text.Name}.cosine.{hiddenState}");

    /// <summary>The text's hidden states; a model's own text has them beside the model's other expected tensors.</summary>
    public Tensor[] HiddenStates(JsonProperty text)
    {
        int count = text.Value.GetProperty("n_hidden_states").GetInt32();
        if (_tensors.Contains($"{text.Name}.hidden.0"))
        {
            return [.. Enumerable.Range(0, count).Select(i => _tensors.Tensor($"{text.Name}.hidden.{i}"))];
        }

        var states = new GoldenTensors(_folder.FileOf("expected.safetensors"));
        Assert.Equal(_tensors.Longs($"{text.Name}.input_ids"), states.Longs("input_ids"));
        return [.. Enumerable.Range(0, count).Select(i => states.Tensor($"hidden_states.{i}").squeeze(0))];
    }
}
