namespace MLNet.Dispersion.Hub;

/// <summary>Which files of a repository the loader of a model's directory reads: safetensors, JSON and texts. Pure functions of the list of names.</summary>
internal static class ModelChoice
{
    private const string Config = "config.json";
    private const string Weights = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const string Modules = "modules.json";
    private const string AdapterConfig = "adapter_config.json";
    private const string AdapterWeights = "adapter_model.safetensors";
    private const string Tokenizer = "tokenizer.json";
    private const string Templates = "additional_chat_templates/";

    /// <summary>What is taken wherever it is there.</summary>
    private static readonly string[] Always =
    [
        Config, "generation_config.json", Tokenizer, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
        Modules, "config_sentence_transformers.json", "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
        "sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json", AdapterConfig, AdapterWeights, "adapter_base.json", "README.md",
    ];

    /// <summary>What a tokenizer is made of where there is no tokenizer.json.</summary>
    private static readonly string[] OlderTokenizers = ["vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "tokenizer_pieces.json"];

    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"];
    private static readonly string[] Foreign = [".h5", ".msgpack", ".onnx", ".tflite", ".mlmodel", ".ot", ".npz"];

    /// <summary>The files that name further ones, which are to be had first.</summary>
    internal static IReadOnlyList<string> Guides(IReadOnlyList<string> files) => [.. files.Where(file => file == Modules || (file == Index && !files.Contains(Weights)))];

    /// <summary>All files that the loader reads.</summary>
    /// <param name="files">What the repository has.</param>
    /// <param name="guides">Holds the files of <see cref="Guides"/>.</param>
    /// <param name="place">The repository, for messages.</param>
    /// <exception cref="HubException">There is no model that can be loaded; the message says why.</exception>
    internal static IReadOnlyList<string> All(IReadOnlyList<string> files, FileSource guides, string place)
    {
        var there = files.ToHashSet(StringComparer.Ordinal);
        bool adapter = there.Contains(AdapterConfig);
        if (!adapter && !there.Contains(Config))
        {
            throw new HubException(place, $"There is no {Config} among its {files.Count} files. {GgufHint(files)}Name a repository of a model in the format of Hugging Face's transformers.");
        }

        HashSet<string> chosen = [.. Always.Where(there.Contains), .. files.Where(IsTemplate)];
        if (!there.Contains(Tokenizer))
        {
            chosen.UnionWith(OlderTokenizers.Where(there.Contains));
        }

        if (there.Contains(Config))
        {
            chosen.UnionWith(WeightFiles(files, there, guides, place));
        }
        else if (!there.Contains(AdapterWeights))
        {
            throw new HubException(place, $"There is no {AdapterWeights}. {Refused(files)}Save the adapter as safetensors.");
        }

        chosen.UnionWith(ModuleFiles(there, guides, place));
        return [.. files.Where(chosen.Contains).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What a repository has instead of files that are loaded; for messages.</summary>
    internal static string Refused(IReadOnlyList<string> files)
    {
        string[] pickles = [.. files.Where(file => Pickles.Any(end => file.EndsWith(end, StringComparison.OrdinalIgnoreCase)))];
        string[] foreign = [.. files.Where(file => Foreign.Any(end => file.EndsWith(end, StringComparison.OrdinalIgnoreCase)))];
        return (pickles, foreign) switch
        {
            ({ Length: > 0 }, _) => $"Its weights are pickle files ({Names(pickles)}), which can run any code when they are opened and are never downloaded. Look for a revision or a copy of it in safetensors, or convert it. ",
            (_, { Length: > 0 }) => $"Its weights are in a format of other libraries ({Names(foreign)}). Look for a copy in safetensors. ",
            _ => "",
        };
    }

    private static string[] WeightFiles(IReadOnlyList<string> files, HashSet<string> there, FileSource guides, string place)
    {
        if (there.Contains(Weights))
        {
            return [Weights];
        }

        if (!there.Contains(Index))
        {
            throw new HubException(place, $"It has no weights in safetensors: neither {Weights} nor {Index} is among its {files.Count} files. {Refused(files)}{GgufHint(files)}");
        }

        string[] shards = [.. Guarded(place, () => JsonField.Read(guides, Index).Get("weight_map").Members().Select(member => member.Value.AsString()).Distinct(StringComparer.Ordinal).ToArray())];
        foreach (string shard in shards)
        {
            if (!shard.EndsWith(".safetensors", StringComparison.Ordinal) || shard.Contains('/', StringComparison.Ordinal) || !there.Contains(shard))
            {
                throw new HubException(place, $"Its {Index} names '{Printable.Name(shard)}', which is no safetensors file beside it. The repository is damaged, or only a part of it is in the cache.");
            }
        }

        return [Index, .. shards];
    }

    private static IEnumerable<string> ModuleFiles(HashSet<string> there, FileSource guides, string place) => there.Contains(Modules)
        ? Guarded(place, () => JsonField.ReadList(guides, Modules).Items().Select(module => module.Find("path")?.AsString() + "/config.json").ToArray()).Where(there.Contains)
        : [];

    private static T Guarded<T>(string place, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ModelFileException e)
        {
            throw new HubException(place, $"It is damaged: {e.Message}", innerException: e);
        }
    }

    private static bool IsTemplate(string file) => file.StartsWith(Templates, StringComparison.Ordinal) && file.EndsWith(".jinja", StringComparison.Ordinal) && !file[Templates.Length..].Contains('/', StringComparison.Ordinal);

    private static string GgufHint(IReadOnlyList<string> files) =>
        files.Any(GgufChoice.IsOne) ? $"It has GGUF files ({Names([.. files.Where(GgufChoice.IsOne)])}): load one with ModelSource.FromHubGguf. " : Refused(files);

    private static string Names(string[] files) => Printable.Name(string.Join(", ", files.Take(3))) + (files.Length > 3 ? ", …" : "");
}
