using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Models;

/// <summary>PEFT's adapter_config.json.</summary>
internal sealed record PeftConfig
{
    internal const string FileName = "adapter_config.json";

    /// <summary>Beyond it a product of two float32 matrices could be infinite.</summary>
    private const double LargestAlpha = 1 << 24;

    /// <summary>Settings of PEFT's LoRA that change what an adapter computes and are not supported: refused unless absent, null, false or empty.</summary>
    private static readonly string[] Unsupported =
    [
        "layer_replication", "lora_bias", "target_parameters", "megatron_config", "alora_invocation_tokens", "use_qalora", "use_bdlora", "arrow_config", "corda_config",
        "kasa_config", "lora_ga_config", "monteclora_config", "velora_config",
    ];

    /// <summary>Initialisations that leave the base as it is; others (PiSSA, OLoRA, LoftQ, …) change it, and their adapters do not fit the original.</summary>
    private static readonly string[] HarmlessInitialisations = ["true", "false", "gaussian", "eva", "orthogonal"];

    /// <summary>What PEFT writes today where nothing else is said. Its version, which it fills in where there is none, is not ours to claim.</summary>
    private const string Defaults = """
        {
          "alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null, "base_model_name_or_path": null, "bias": "none", "corda_config": null, "ensure_weight_tying": false,
          "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "kasa_config": null, "layer_replication": null, "layers_pattern": null,
          "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0, "lora_ga_config": null, "megatron_config": null, "megatron_core": "megatron.core",
          "modules_to_save": null, "monteclora_config": null, "peft_type": "LORA", "peft_version": null, "qalora_group_size": 16, "r": 8, "rank_pattern": {}, "revision": null, "target_modules": null,
          "target_parameters": null, "task_type": null, "trainable_token_indices": null, "use_bdlora": null, "use_dora": false, "use_qalora": false, "use_rslora": false, "velora_config": null
        }
        """;

    private static readonly (string Word, LoraBias Bias)[] Biases = [("none", LoraBias.None), ("lora_only", LoraBias.LoraOnly), ("all", LoraBias.All)];

    /// <summary>What it is called in messages.</summary>
    internal required string File { get; init; }

    /// <summary>The options; <see cref="LoraOptions.TargetModules"/> is null, since the rule and the tensors tell which modules are meant.</summary>
    internal required LoraOptions Options { get; init; }

    /// <summary>Which modules it adapts.</summary>
    internal required TargetRule Targets { get; init; }

    /// <summary>Tokens that have rows of their own, by the table's name, or its end; an empty name is that of the token embedding.</summary>
    internal required IReadOnlyDictionary<string, IReadOnlyList<int>> Tokens { get; init; }

    /// <summary>Whether head and embedding are to stay one matrix.</summary>
    internal required bool KeepsTied { get; init; }

    /// <summary>What it calls the base, or null.</summary>
    internal string? BaseName { get; init; }

    /// <summary>The file itself.</summary>
    internal required JsonObject Json { get; init; }

    /// <summary>Writes the file as PEFT does, keys in order: what was read, where the adapter was; all that PEFT writes today.</summary>
    internal static void Write(FileSink sink, LanguageBackbone backbone, LoraAdapter adapter, AdapterBase identity, HeadBeside? head)
    {
        JsonObject members = JsonNode.Parse(Defaults)!.AsObject();
        foreach (var (key, value) in adapter.Extras.Config ?? Described(backbone, adapter, head))
        {
            members[key] = value?.DeepClone();
        }

        members["base_model_name_or_path"] = AdapterBase.Portable(Text(members["base_model_name_or_path"]) is { Length: > 0 } given ? given : identity.Name);
        sink.WriteJson(FileName, new JsonObject(members.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))));
    }

    /// <summary>Reads the file; unknown keys do not matter.</summary>
    /// <param name="source">Where it is.</param>
    /// <exception cref="ModelFileException">It is missing, damaged, or asks for what is not supported.</exception>
    internal static PeftConfig Read(FileSource source)
    {
        string file = source.Describe(FileName);
        var config = ConfigReader.Parse(source.ReadAllBytes(FileName), file);
        if (!config.Has("peft_type"))
        {
            throw config.Wrong("peft_type", "is missing: this is no adapter of PEFT. Name the directory of a LoRA adapter");
        }

        config.OneOf("peft_type", "LORA", ["LORA"]);
        RefuseUnsupported(config);
        string bias = config.OneOf("bias", "none", [.. Biases.Select(pair => pair.Word)]);
        int rank = config.Size("r", 8);
        IReadOnlyList<string> saved = Strings(config, "modules_to_save") ?? [];
        return new PeftConfig
        {
            File = file,
            Options = new LoraOptions
            {
                Rank = rank <= LoraOptions.MaxRank ? rank : throw config.Wrong("r", $"is {rank}; it must be from 1 to {LoraOptions.MaxRank}"),
                Alpha = config.Positive("lora_alpha", 8) is var alpha && alpha <= LargestAlpha ? alpha : throw config.Wrong("lora_alpha", $"is {alpha}; it must be at most {LargestAlpha}"),
                Dropout = config.Probability("lora_dropout", 0),
                RankStabilized = config.Flag("use_rslora", false),
                UseDora = config.Flag("use_dora", false),
                Bias = Biases.First(pair => pair.Word == bias).Bias,
                ModulesToSave = saved.Count > 0 ? saved : null,
                RankPattern = Patterns<int>(config, "rank_pattern", number => number >= 1 && number <= LoraOptions.MaxRank && number == Math.Floor(number) ? (int)number : null, $"whole numbers from 1 to {LoraOptions.MaxRank}"),
                AlphaPattern = Patterns<double>(config, "alpha_pattern", number => number is > 0 and <= LargestAlpha ? number : null, $"numbers above 0, of at most {LargestAlpha}"),
            },
            Targets = Rule(config, saved),
            Tokens = TokenIndices(config),
            KeepsTied = config.Flag("ensure_weight_tying", false),
            BaseName = Text(config.Root["base_model_name_or_path"]),
            Json = config.Root,
        };
    }

    /// <summary>An exception about a key.</summary>
    internal ModelFileException Wrong(string key, string problem) => new(File, $"{key} {problem}.");

    private static JsonObject Described(LanguageBackbone backbone, LoraAdapter adapter, HeadBeside? head)
    {
        LoraOptions options = adapter.Options;
        return new JsonObject
        {
            ["alpha_pattern"] = new JsonObject((options.AlphaPattern ?? new Dictionary<string, double>()).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["bias"] = Biases.First(pair => pair.Bias == options.Bias).Word,
            ["fan_in_fan_out"] = adapter.Modules.Count > 0 && adapter.Modules.All(module => module.Layer.InputsFirst),
            ["lora_alpha"] = options.Alpha,
            ["lora_dropout"] = options.Dropout,
            ["modules_to_save"] = SavedModules(options, head) is { Count: > 0 } saved ? List(saved) : null,
            ["r"] = options.Rank,
            ["rank_pattern"] = new JsonObject((options.RankPattern ?? new Dictionary<string, int>()).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["target_modules"] = List(options.TargetModules!.Select(name => head is not null && adapter.Modules.Any(module => module.Name == name) ? backbone.TensorName(name, head.Spec) : name)),
            ["task_type"] = head?.Spec.Task switch
            {
                HeadTask.Sequence => "SEQ_CLS",
                HeadTask.Tokens => "TOKEN_CLS",
                HeadTask.Spans => "QUESTION_ANS",
                _ => backbone.IsCausal ? "CAUSAL_LM" : "FEATURE_EXTRACTION",
            },
            ["use_dora"] = options.UseDora,
            ["use_rslora"] = options.RankStabilized,
        };
    }

    /// <summary>What is kept whole: the head's modules by the first parts of their names, and, as PEFT does it for classifiers, both names that a last layer may have.</summary>
    private static IReadOnlyList<string> SavedModules(LoraOptions options, HeadBeside? head)
    {
        string[] usual = head?.Spec.Task is HeadTask.Sequence or HeadTask.Tokens ? ["classifier", "score"] : [];
        return [.. (options.ModulesToSave ?? []).Concat(usual).Concat((head?.Parameters ?? []).Select(pair => pair.Name.Split('.')[0])).Distinct()];
    }

    private static JsonArray List(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);

    private static void RefuseUnsupported(ConfigReader config)
    {
        foreach (string key in Unsupported)
        {
            if (config.Root[key] is { } node && !IsEmpty(node))
            {
                throw config.Wrong(key, $"is {Printable.Name(node.ToJsonString())}, which is not supported: LoRA, rsLoRA and DoRA on the layers' own weights are. Merge the adapter into its base with PEFT (merge_and_unload) and load the result");
            }
        }

        if (config.Root["init_lora_weights"] is { } way && !HarmlessInitialisations.Contains(way.ToString().ToLowerInvariant()))
        {
            throw config.Wrong("init_lora_weights", $"is {Printable.Name(way.ToJsonString())}: such adapters fit a base that PEFT changed. Convert the adapter to plain LoRA with PEFT's save_pretrained(path_initial_model_for_weight_conversion=…)");
        }
    }

    private static bool IsEmpty(JsonNode node) => node switch
    {
        JsonObject members => members.Count == 0,
        JsonArray items => items.Count == 0,
        _ => node.GetValueKind() == JsonValueKind.False,
    };

    private static TargetRule Rule(ConfigReader config, IReadOnlyList<string> saved)
    {
        var (names, expression) = NamesOrExpression(config, "target_modules");
        var (excludedNames, excluded) = NamesOrExpression(config, "exclude_modules");
        if (names is [])
        {
            throw config.Wrong("target_modules", "must be a list of names, a pattern, or null");
        }

        bool byTensors = expression?.ToString() == NameExpression.Whole(LoraTargets.AllLinear).ToString();
        return new TargetRule
        {
            Names = names,
            Expression = byTensors ? null : expression,
            ExcludedNames = excludedNames ?? [],
            Excluded = excluded,
            Layers = Integers(config, config.Root["layers_to_transform"], "layers_to_transform") is { Count: > 0 } layers ? layers : null,
            LayersPatterns = LayersPatterns(config),
            Saved = saved,
        };
    }

    private static IReadOnlyList<string> LayersPatterns(ConfigReader config)
    {
        IReadOnlyList<string> patterns = Text(config.Root["layers_pattern"]) is { } one ? [one] : Strings(config, "layers_pattern") ?? [];
        return patterns.FirstOrDefault(pattern => !NameExpression.IsValid(pattern)) is { } bad ? throw NoExpression(config, "layers_pattern", bad) : patterns;
    }

    private static (IReadOnlyList<string>? Names, Regex? Expression) NamesOrExpression(ConfigReader config, string key)
    {
        if (Text(config.Root[key]) is not { } text)
        {
            return (Strings(config, key), null);
        }

        return NameExpression.IsValid(text) ? (null, NameExpression.Whole(text)) : throw NoExpression(config, key, text);
    }

    private static ModelFileException NoExpression(ConfigReader config, string key, string text) =>
        config.Wrong(key, $"holds '{Printable.Name(text)}', which is no regular expression that can be read here. Write it in plainer terms, or list the modules' names");

    private static OrderedDictionary<string, T>? Patterns<T>(ConfigReader config, string key, Func<double, T?> value, string rule)
        where T : struct
    {
        if (config.Root[key] is not { } node)
        {
            return null;
        }

        if (node is not JsonObject members)
        {
            throw config.Wrong(key, $"must be an object of regular expressions and {rule}");
        }

        var patterns = new OrderedDictionary<string, T>();
        foreach (var (expression, number) in members)
        {
            if (!NameExpression.IsValid(expression))
            {
                throw NoExpression(config, key, expression);
            }

            patterns.Add(expression, number is JsonValue given && given.TryGetValue(out double read) && value(read) is { } good ? good : throw config.Wrong(key, $"gives '{Printable.Name(expression)}' the value {Printable.Name(number?.ToJsonString() ?? "null")}; there must be {rule}"));
        }

        return patterns.Count > 0 ? patterns : null;
    }

    private static Dictionary<string, IReadOnlyList<int>> TokenIndices(ConfigReader config)
    {
        const string Key = "trainable_token_indices";
        var tokens = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal);
        if (config.Root[Key] is JsonObject members)
        {
            foreach (var (name, list) in members)
            {
                tokens.Add(name, Integers(config, list, Key) ?? []);
            }
        }
        else if (Integers(config, config.Root[Key], Key) is { Count: > 0 } list)
        {
            tokens.Add("", list);
        }

        return tokens.Values.All(ids => ids.Distinct().Count() == ids.Count && ids.Count > 0) ? tokens : throw config.Wrong(Key, "must name each token once, and at least one");
    }

    /// <summary>A list of whole numbers, or a single one; null where there is none.</summary>
    private static IReadOnlyList<int>? Integers(ConfigReader config, JsonNode? node, string key)
    {
        JsonNode?[] items = node switch
        {
            null => [],
            JsonArray array => [.. array],
            _ => [node],
        };
        return node is null ? null : [.. items.Select(item => item is JsonValue value && value.TryGetValue(out double number) && number >= 0 && number <= int.MaxValue && number == Math.Floor(number)
            ? (int)number
            : throw config.Wrong(key, $"holds {Printable.Name(item?.ToJsonString() ?? "null")}; there must be whole numbers of at least 0"))];
    }

    private static IReadOnlyList<string>? Strings(ConfigReader config, string key) => config.Root[key] switch
    {
        null => null,
        JsonArray list when list.All(item => !string.IsNullOrWhiteSpace(Text(item))) => [.. list.Select(item => item!.GetValue<string>())],
        _ => throw config.Wrong(key, "must be a list of names, or null"),
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
