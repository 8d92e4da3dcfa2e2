using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>Reads a config.json key by key; every wrong value is named together with what it must be.</summary>
public sealed class ConfigReader
{
    internal const int LargestSize = 1 << 24;
    private const int LargestLayerCount = 1 << 12;
    private const double LargestParameterCount = 1L << 37;

    private static readonly Dictionary<string, Activation> ActivationWords = new(StringComparer.Ordinal)
    {
        ["gelu"] = Models.Activation.Gelu,
        ["gelu_python"] = Models.Activation.Gelu,
        ["gelu_new"] = Models.Activation.TanhGelu,
        ["gelu_fast"] = Models.Activation.TanhGelu,
        ["gelu_pytorch_tanh"] = Models.Activation.TanhGelu,
        ["silu"] = Models.Activation.Silu,
        ["swish"] = Models.Activation.Silu,
        ["relu"] = Models.Activation.Relu,
        ["relu2"] = Models.Activation.SquaredRelu,
        ["tanh"] = Models.Activation.Tanh,
    };

    private readonly string _file;
    private readonly JsonObject _root;
    private readonly IReadOnlyDictionary<string, string> _aliases;
    private Lazy<IReadOnlyCollection<string>>? _tensorNames;

    private ConfigReader(string file, JsonObject root)
    {
        _file = file;
        _root = root;
        _aliases = ConfigAliases.Of(root["model_type"] is JsonValue type && type.TryGetValue(out string? name) ? name : null);
    }

    /// <summary>Gets the architecture: <c>gpt2</c>, <c>llama</c>, …</summary>
    /// <exception cref="ModelFileException">The key is missing.</exception>
    public string ModelType => Value<string>("model_type", null, "the architecture's name") ?? throw Wrong("model_type", "is missing; it must name the architecture, such as gpt2");

    internal JsonObject Root => _root;

    /// <summary>The Hugging Face classes that read the weights; empty where the file does not say.</summary>
    internal IReadOnlyList<string> Architectures => List<string>("architectures", "a list of the names of classes") ?? [];

    /// <summary>Whether the weights beside the config.json hold a tensor whose name begins so; null where there are no weights, as when a network is made at random.</summary>
    /// <param name="beginning">The beginning of the name.</param>
    public bool? HoldsTensors(string beginning) => _tensorNames?.Value.Any(name => name.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Gives the reader the names of the tensors beside the config.json.</summary>
    /// <param name="names">Read at first use.</param>
    internal ConfigReader Beside(Func<IEnumerable<string>> names)
    {
        _tensorNames = new Lazy<IReadOnlyCollection<string>>(() => [.. names()]);
        return this;
    }

    /// <summary>Parses a config.json.</summary>
    /// <param name="utf8Json">Its bytes; a byte-order mark is allowed.</param>
    /// <param name="file">What to call it in messages.</param>
    /// <exception cref="ModelFileException">It is no JSON object.</exception>
    public static ConfigReader Parse(ReadOnlySpan<byte> utf8Json, string file) =>
        new(file, JsonField.Parse(utf8Json.ToArray(), file, allowDuplicates: false).ToObject());

    /// <summary>Reads one that was parsed.</summary>
    /// <param name="root">Its values.</param>
    /// <param name="file">What to call it in messages.</param>
    internal static ConfigReader Of(JsonObject root, string file) => new(file, root);

    /// <summary>A size of at least 1.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The value where the key is absent or null; null if there must be one.</param>
    /// <exception cref="ModelFileException">Missing, no whole number, below 1, or absurdly large.</exception>
    public int Size(string key, int? otherwise = null)
    {
        double number = Value<double?>(key, otherwise, $"a whole number from 1 to {LargestSize}") ?? throw Wrong(key, "is missing");
        return number >= 1 && number <= LargestSize && number == Math.Floor(number)
            ? (int)number
            : throw Wrong(key, $"is {number}; it must be a whole number from 1 to {LargestSize}");
    }

    /// <summary>A number of layers, of at most 4096: read before anything is made for each of them.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The value where the key is absent or null; null if there must be one.</param>
    /// <exception cref="ModelFileException">Missing, no whole number, below 1, or more than 4096.</exception>
    public int LayerCount(string key, int? otherwise = null)
    {
        int layers = Size(key, otherwise);
        RequireFewLayers(layers);
        return layers;
    }

    /// <summary>A whole number of at least 0, which must be there.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ModelFileException">Missing, or no such number.</exception>
    public int WholeNumber(string key) => Value<double?>(key, null, $"a whole number from 0 to {LargestSize}") == 0 ? 0 : Size(key);

    /// <summary>A finite number above 0.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The value where the key is absent or null; null if there must be one.</param>
    /// <exception cref="ModelFileException">No such number.</exception>
    public double Positive(string key, double? otherwise = null)
    {
        double number = Value(key, otherwise, "a number above 0") ?? throw Wrong(key, "is missing; it must be a number above 0");
        return number > 0 && double.IsFinite(number) ? number : throw Wrong(key, $"is {number}; it must be a number above 0");
    }

    /// <summary>A finite number above 0, or null, which is not the same as an absent key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="absent">The value where the key is absent.</param>
    /// <exception cref="ModelFileException">No such number.</exception>
    public double? PositiveOrNull(string key, double? absent = null) => Has(key) ? Positive(key) : _root.ContainsKey(NameOf(key)) ? null : absent;

    /// <summary>A size of at least 1, or null, which is not the same as an absent key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="absent">The value where the key is absent.</param>
    /// <exception cref="ModelFileException">No such number.</exception>
    public int? SizeOrNull(string key, int? absent = null) => Has(key) ? Size(key) : _root.ContainsKey(NameOf(key)) ? null : absent;

    /// <summary>A probability: at least 0 and below 1.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The value where the key is absent or null.</param>
    /// <exception cref="ModelFileException">No such number.</exception>
    public double Probability(string key, double otherwise)
    {
        double number = Value<double?>(key, otherwise, "at least 0 and below 1")!.Value;
        return number is >= 0 and < 1 ? number : throw Wrong(key, $"is {number}; it must be at least 0 and below 1");
    }

    /// <summary>True or false.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The value where the key is absent or null.</param>
    /// <exception cref="ModelFileException">Neither.</exception>
    public bool Flag(string key, bool otherwise) => Value<bool?>(key, otherwise, "true or false")!.Value;

    /// <summary>One of a few words.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The value where the key is absent or null.</param>
    /// <param name="words">What is supported.</param>
    /// <exception cref="ModelFileException">Another word.</exception>
    public string OneOf(string key, string otherwise, IReadOnlyList<string> words)
    {
        string word = Value(key, otherwise, "text")!;
        return words.Contains(word) ? word : throw Wrong(key, $"is '{Printable.Name(word)}'; supported: {string.Join(", ", words)}");
    }

    /// <summary>The activation that a key names, in any of Hugging Face's words for it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">The word where the key is absent or null.</param>
    /// <exception cref="ModelFileException">A word that no activation here has.</exception>
    public Activation Activation(string key, string otherwise) => ActivationWords[OneOf(key, otherwise, [.. ActivationWords.Keys])];

    /// <summary>A list of words; null where the key is absent or null.</summary>
    /// <param name="key">The key.</param>
    /// <param name="words">What is supported.</param>
    /// <exception cref="ModelFileException">No list, or another word in it.</exception>
    public IReadOnlyList<string>? Words(string key, IReadOnlyList<string> words) => List<string>(key, "a list of words")?.Select(word =>
        words.Contains(word) ? word : throw Wrong(key, $"holds '{Printable.Name(word)}'; supported: {string.Join(", ", words)}")).ToArray();

    /// <summary>A list of numbers; null where the key is absent or null.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ModelFileException">No list, or anything else in it.</exception>
    public IReadOnlyList<double>? Numbers(string key) => List<double>(key, "a list of numbers");

    /// <summary>The same file with values for keys that it leaves out.</summary>
    internal ConfigReader With(params ReadOnlySpan<(string Key, JsonNode Value)> defaults)
    {
        JsonObject root = _root.DeepClone().AsObject();
        foreach (var (key, value) in defaults)
        {
            // As the file would have it: a number that was made in memory is of one type alone.
            root[NameOf(key)] ??= JsonNode.Parse(value.ToJsonString());
        }

        return new ConfigReader(_file, root) { _tensorNames = _tensorNames };
    }

    /// <summary>A finite number of any sign.</summary>
    internal double Number(string key, double? otherwise = null)
    {
        double number = Value(key, otherwise, "a number") ?? throw Wrong(key, "is missing; it must be a number");
        return double.IsFinite(number) ? number : throw Wrong(key, $"is {number}; it must be a number");
    }

    /// <summary>The words of one text with bars between them; null where the key holds no text.</summary>
    internal IReadOnlyList<string>? Bars(string key) => _root[key] is JsonValue value && value.TryGetValue(out string? text)
        ? text.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        : null;

    /// <summary>Refuses keys whose values say what is not supported.</summary>
    /// <param name="supported">The only value that is; absent or null will do as well.</param>
    /// <param name="keys">The keys.</param>
    /// <exception cref="ModelFileException">One of them has the other value.</exception>
    public void RequireFlags(bool supported, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (Flag(key, supported) != supported)
            {
                throw Wrong(key, $"is {(supported ? "false" : "true")}, which is not supported for {Printable.Name(ModelType)}");
            }
        }
    }

    /// <summary>Refuses numbers that must be 0 or absent.</summary>
    /// <param name="keys">The keys.</param>
    /// <exception cref="ModelFileException">One of them is another number.</exception>
    public void RequireZero(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            double? number = Value<double?>(key, 0, "0");
            if (number != 0)
            {
                throw Wrong(key, string.Create(CultureInfo.InvariantCulture, $"is {number}; only 0 is supported for {Printable.Name(ModelType)}"));
            }
        }
    }

    /// <summary>Whether the key is there and not null.</summary>
    /// <param name="key">The key.</param>
    public bool Has(string key) => Node(key) is not null;

    /// <summary>The object under a key, or null where the key is absent or null.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ModelFileException">It is no object.</exception>
    public ConfigReader? Section(string key) => Node(key) switch
    {
        null => null,
        JsonObject section => new ConfigReader($"{_file}, {key}", section),
        _ => throw Wrong(key, "must be an object or null"),
    };

    /// <summary>Refuses a size that another does not divide.</summary>
    /// <param name="key">The larger one's key.</param>
    /// <param name="value">The larger one.</param>
    /// <param name="divisorKey">The smaller one's key.</param>
    /// <param name="divisor">The smaller one.</param>
    /// <exception cref="ModelFileException">It does not divide.</exception>
    public void RequireDivisible(string key, int value, string divisorKey, int divisor)
    {
        if (value % divisor != 0)
        {
            throw Wrong(key, $"is {value}, which {NameOf(divisorKey)} = {divisor} does not divide");
        }
    }

    /// <summary>Refuses sizes that together describe more parameters than any machine holds.</summary>
    /// <param name="parameters">How many parameters the sizes describe; sizes are at most 2^24, so compute it as a double.</param>
    /// <exception cref="ModelFileException">More than 2^37.</exception>
    public void RequireParameters(double parameters)
    {
        if (parameters > LargestParameterCount)
        {
            throw new ModelFileException(_file, string.Create(CultureInfo.InvariantCulture, $"Its sizes describe {parameters:0.0e+0} parameters; the limit is {LargestParameterCount:0.0e+0}. Check the vocabulary, hidden, intermediate and layer sizes."));
        }
    }

    /// <summary>The parts that all architectures share.</summary>
    /// <param name="vocabularySize">V.</param>
    /// <param name="hiddenSize">F.</param>
    /// <param name="layerCount">N.</param>
    /// <param name="contextLength">The most tokens of one sequence.</param>
    /// <remarks>Token ids beyond the vocabulary, which some files name, are left out: no text has them.</remarks>
    /// <exception cref="ModelFileException">A token id is no whole number or below -1, or there are more than 4096 layers.</exception>
    public BackboneInfo Info(int vocabularySize, int hiddenSize, int layerCount, int contextLength)
    {
        RequireFewLayers(layerCount);
        return new(
            ModelType,
            vocabularySize,
            hiddenSize,
            layerCount,
            contextLength,
            TokenId("bos_token_id", vocabularySize),
            TokenId("eos_token_id", vocabularySize),
            TokenId("pad_token_id", vocabularySize));
    }

    /// <summary>An exception about a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="problem">What is wrong, as the rest of a sentence.</param>
    public ModelFileException Wrong(string key, string problem) => new(_file, $"{NameOf(key)} {problem}.");

    /// <summary>Refuses more layers than any model has, before anything is made for each of them.</summary>
    /// <exception cref="ModelFileException">More than 4096.</exception>
    internal void RequireFewLayers(long count)
    {
        if (count > LargestLayerCount)
        {
            throw new ModelFileException(_file, $"It describes {count} layers; the limit is {LargestLayerCount}. Fetch the file again.");
        }
    }

    /// <summary>The token ids under a key, which may name one, several or none.</summary>
    /// <exception cref="ModelFileException">One is no whole number, or below -1, which stands for none.</exception>
    internal IReadOnlyList<int> TokenIds(string key)
    {
        var ids = new List<int>();
        foreach (JsonNode? node in _root[key] is JsonArray list ? (IEnumerable<JsonNode?>)list : [_root[key]])
        {
            if (node is null)
            {
                continue;
            }

            int id = node is JsonValue number && number.TryGetValue(out int token) && token >= -1
                ? token
                : throw Wrong(key, $"is {Printable.Name(node.ToJsonString())}; it must be a token id of at least 0, or null");
            if (id >= 0)
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    /// <summary>The name under which the file has a key: another one of the family's (<see cref="ConfigAliases"/>) where it has that one alone.</summary>
    internal string NameOf(string key) => _aliases.TryGetValue(key, out string? other) && _root[key] is null && _root[other] is not null ? other : key;

    /// <summary>The value of a key under any of its names; null where it is absent or null.</summary>
    /// <exception cref="ModelFileException">Two names have different values.</exception>
    private JsonNode? Node(string key)
    {
        if (_aliases.TryGetValue(key, out string? other) && _root[key] is { } one && _root[other] is { } two && !IsSame(one, two))
        {
            throw new ModelFileException(_file, $"{key} is {Printable.Name(one.ToJsonString())} and {other} is {Printable.Name(two.ToJsonString())}; for {Printable.Name(ModelType)} they are two names of one thing. Remove the wrong one.");
        }

        return _root[NameOf(key)];
    }

    // 1000 and 1000.0 are one number.
    private static bool IsSame(JsonNode one, JsonNode two) =>
        one is JsonValue first && two is JsonValue second && first.TryGetValue(out double number) && second.TryGetValue(out double same) ? number == same : JsonNode.DeepEquals(one, two);

    /// <summary>The first that the vocabulary has.</summary>
    private int? TokenId(string key, int vocabularySize) => TokenIds(key).Where(id => id < vocabularySize).Select(id => (int?)id).FirstOrDefault();

    private T[]? List<T>(string key, string rule)
    {
        if (Node(key) is not { } node)
        {
            return null;
        }

        var values = new List<T>();
        foreach (JsonNode? item in node as JsonArray ?? throw Wrong(key, $"is {Printable.Name(node.ToJsonString())}; it must be {rule}"))
        {
            values.Add(item is JsonValue value && value.TryGetValue(out T? result) ? result : throw Wrong(key, $"holds {Printable.Name(item?.ToJsonString() ?? "null")}; it must be {rule}"));
        }

        return [.. values];
    }

    private T? Value<T>(string key, T? otherwise, string rule)
    {
        if (Node(key) is not { } node)
        {
            return otherwise;
        }

        return node is JsonValue value && value.TryGetValue(out T? result)
            ? result
            : throw Wrong(key, $"is {Printable.Name(node.ToJsonString())}; it must be {rule}");
    }
}
