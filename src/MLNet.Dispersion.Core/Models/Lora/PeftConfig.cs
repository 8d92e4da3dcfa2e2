using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>PEFT's adapter_config.json.</summary>
internal static class PeftConfig
{
    internal const string FileName = "adapter_config.json";

    /// <summary>Settings of PEFT's LoRA that change what an adapter computes and are not supported: refused unless absent, null, false or empty.</summary>
    private static readonly string[] Unsupported =
    [
        "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "layer_replication", "lora_bias", "trainable_token_indices", "target_parameters",
        "megatron_config", "alora_invocation_tokens", "use_qalora", "use_bdlora",
    ];

    /// <summary>Initialisations that leave the base as it is; others (PiSSA, OLoRA, LoftQ, …) change it, and their adapters do not fit the original.</summary>
    private static readonly string[] HarmlessInitialisations = ["true", "false", "gaussian", "eva", "orthogonal"];

    /// <summary>Writes the file as PEFT does, keys in order.</summary>
    internal static void Write(FileSink sink, LanguageBackbone backbone, LoraAdapter adapter, AdapterBase identity)
    {
        LoraOptions options = adapter.Options;
        var config = new JsonObject
        {
            ["alpha_pattern"] = new JsonObject(),
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = identity.Directory ?? identity.Name,
            ["bias"] = "none",
            ["fan_in_fan_out"] = adapter.Modules.All(module => module.Layer.InputsFirst),
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layers_pattern"] = null,
            ["layers_to_transform"] = null,
            ["lora_alpha"] = options.Alpha,
            ["lora_dropout"] = options.Dropout,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = options.Rank,
            ["rank_pattern"] = new JsonObject(),
            ["revision"] = null,
            ["target_modules"] = new JsonArray([.. options.TargetModules!.Select(name => (JsonNode)name)]),
            ["task_type"] = backbone.IsCausal ? "CAUSAL_LM" : "FEATURE_EXTRACTION",
            ["use_rslora"] = options.RankStabilized,
        };
        sink.WriteJson(FileName, config);
    }

    /// <summary>Reads the file; unknown keys do not matter.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="baseName">What it calls the base, or null.</param>
    /// <returns>The options; <see cref="LoraOptions.TargetModules"/> is null where the tensors tell which modules are meant.</returns>
    /// <exception cref="ModelFileException">It is missing, damaged, or asks for what is not supported.</exception>
    internal static LoraOptions Read(FileSource source, out string? baseName)
    {
        var config = ConfigReader.Parse(source.ReadAllBytes(FileName), source.Describe(FileName));
        if (!config.Has("peft_type"))
        {
            throw config.Wrong("peft_type", "is missing: this is no adapter of PEFT. Name the directory of a LoRA adapter");
        }

        config.OneOf("peft_type", "LORA", ["LORA"]);
        config.OneOf("bias", "none", ["none"]);
        RefuseUnsupported(config);
        baseName = config.Root["base_model_name_or_path"] is JsonValue value && value.TryGetValue(out string? name) ? name : null;
        int rank = config.Size("r", 8);
        return new LoraOptions
        {
            Rank = rank <= LoraOptions.MaxRank ? rank : throw config.Wrong("r", $"is {rank}; it must be from 1 to {LoraOptions.MaxRank}"),
            Alpha = config.Positive("lora_alpha", 8),
            Dropout = config.Probability("lora_dropout", 0),
            RankStabilized = config.Flag("use_rslora", false),
            TargetModules = Targets(config),
        };
    }

    private static void RefuseUnsupported(ConfigReader config)
    {
        foreach (string key in Unsupported)
        {
            if (config.Root[key] is { } node && !IsEmpty(node))
            {
                throw config.Wrong(key, $"is {Printable.Name(node.ToJsonString())}, which is not supported: plain LoRA and rsLoRA are, without biases, other modules or ranks of their own. Merge the adapter into its base with PEFT (merge_and_unload) and load the result");
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

    // A pattern, or a choice of layers, is told by the tensors; so is a missing list.
    private static IReadOnlyList<string>? Targets(ConfigReader config)
    {
        bool narrowed = config.Has("layers_to_transform") || config.Has("exclude_modules");
        switch (config.Root["target_modules"])
        {
            case JsonArray { Count: > 0 } list when list.All(item => item?.GetValueKind() == JsonValueKind.String && !string.IsNullOrWhiteSpace(item.GetValue<string>())):
                return narrowed ? null : [.. list.Select(item => item!.GetValue<string>()).Order(StringComparer.Ordinal)];
            case null:
                return null;
            case JsonValue text when text.GetValueKind() == JsonValueKind.String:
                return null;
            default:
                throw config.Wrong("target_modules", "must be a list of names, a pattern, or null");
        }
    }
}
