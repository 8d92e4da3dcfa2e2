using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion;

/// <summary>What a directory of sentence-transformers says about sentences beside its Hugging Face model: modules.json and the files that it names.</summary>
/// <remarks>
/// Known are the modules Transformer, Pooling and Normalize. What else there is, or what one of them asks for that cannot be done, is refused by its name, but only where the
/// directory's way of pooling is wanted: with a pooling of one's own the model is that of Hugging Face's files.
/// </remarks>
internal sealed class SentenceModules
{
    private const string ModulesFile = "modules.json";
    private const string PromptsFile = "config_sentence_transformers.json";
    private const string ModulesCure = "Choose a Pooling of your own in the options, with which modules.json is not asked";
    private const int LargestLength = 1 << 24;
    private const string TransformerFile = "sentence_bert_config.json";
    private const string PoolingFolder = "1_Pooling";
    private const string Library = "sentence_transformers.";
    private const string ModulesBeginning = Library + "models.";
    private const string LengthKey = "max_seq_length";
    private const string LowerKey = "do_lower_case";

    private static readonly string[] TransformerFiles =
    [
        TransformerFile, "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
        "sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json",
    ];

    private static readonly Dictionary<string, TextPooling> Modes = new(StringComparer.Ordinal)
    {
        ["cls"] = TextPooling.FirstToken,
        ["mean"] = TextPooling.Mean,
        ["max"] = TextPooling.Max,
        ["mean_sqrt_len_tokens"] = TextPooling.MeanSqrtLength,
        ["weightedmean"] = TextPooling.WeightedMean,
        ["lasttoken"] = TextPooling.LastToken,
    };

    /// <summary>The keys of the time when each mode had a switch of its own.</summary>
    private static readonly Dictionary<string, string> Switches = new(StringComparer.Ordinal)
    {
        ["pooling_mode_cls_token"] = "cls",
        ["pooling_mode_mean_tokens"] = "mean",
        ["pooling_mode_max_tokens"] = "max",
        ["pooling_mode_mean_sqrt_len_tokens"] = "mean_sqrt_len_tokens",
        ["pooling_mode_weightedmean_tokens"] = "weightedmean",
        ["pooling_mode_lasttoken"] = "lasttoken",
    };

    private readonly TextPooling _pooling;
    private readonly bool _normalize;
    private readonly JsonObject? _prompts;
    private readonly ModelFileException? _problem;

    /// <summary>A sentence model of one's own.</summary>
    internal SentenceModules(TextPooling pooling, bool normalize, int maxTokens) => (_pooling, _normalize, MaxTokens) = (pooling, normalize, maxTokens);

    private SentenceModules(FileSource source)
    {
        JsonField? transformer = TransformerFiles.Where(source.Contains).Select(name => (JsonField?)JsonField.Read(source, name)).FirstOrDefault();
        MaxTokens = transformer?.Find(LengthKey)?.AsIndex(LargestLength, "the most tokens of a text");
        if (MaxTokens == 0)
        {
            throw transformer!.Value.Get(LengthKey).Fail("the most tokens of a text must be at least 1");
        }

        try
        {
            if (transformer?.Find(LowerKey) is { } lower && lower.AsBoolean())
            {
                throw lower.Fail("texts in lower case before the tokenizer are not supported. " + ModulesCure);
            }

            // Newer files say as well how the network is called: as features of texts, or otherwise.
            RefuseUnknown(transformer, (name, value) => name switch
            {
                LengthKey or LowerKey => true,
                "transformer_task" => IsWord(value, "feature-extraction"),
                "module_output_name" => IsWord(value, "token_embeddings"),
                "modality_config" => value.Find("text") is { } text && IsWord(text.Get("method"), "forward") && IsWord(text.Get("method_output_name"), "last_hidden_state"),
                _ => false,
            });
            _prompts = ReadPrompts(source);
            (_pooling, _normalize) = ReadModules(source);
        }
        catch (ModelFileException e)
        {
            _problem = e;
        }
    }

    /// <summary>The files outside folders that make a directory one of sentence-transformers.</summary>
    internal static IReadOnlyList<string> Files { get; } = [ModulesFile, PromptsFile, .. TransformerFiles];

    /// <summary>The most tokens of a text, those around it included; null where the directory does not say it.</summary>
    internal int? MaxTokens { get; }

    /// <summary>How hidden states become one vector.</summary>
    /// <exception cref="ModelFileException">The directory asks for what is not supported.</exception>
    internal TextPooling Pooling => _problem is null ? _pooling : throw _problem;

    /// <summary>Whether vectors are scaled to the length 1.</summary>
    /// <exception cref="ModelFileException">The directory asks for what is not supported.</exception>
    internal bool Normalize => _problem is null ? _normalize : throw _problem;

    /// <summary>Reads them; null where the place is no directory of sentence-transformers.</summary>
    /// <exception cref="ModelFileException">The length of texts cannot be read.</exception>
    internal static SentenceModules? Read(FileSource source) => source.Contains(ModulesFile) ? new SentenceModules(source) : null;

    /// <summary>Whether a pooling can be said in that library's files.</summary>
    internal static bool Says(TextPooling pooling) => Modes.ContainsValue(pooling);

    /// <summary>Writes the files by which sentence-transformers pools, cuts and scales as this does. Nothing where they asked for what is not supported, nor into places without folders, such as an ML.NET model.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="size">The features of a vector.</param>
    internal void Write(FileSink sink, int size)
    {
        if (_problem is not null || sink.MakeFolder(PoolingFolder) is not { } folder)
        {
            return;
        }

        var pooling = new JsonObject { ["word_embedding_dimension"] = size };
        foreach (var (key, mode) in Switches)
        {
            pooling[key] = Modes[mode] == _pooling;
        }

        pooling["include_prompt"] = true;
        folder.WriteJson("config.json", pooling);
        if (MaxTokens is { } most)
        {
            sink.WriteJson(TransformerFile, new JsonObject { [LengthKey] = most, [LowerKey] = false });
        }

        sink.WriteJson(PromptsFile, _prompts?.DeepClone() ?? new JsonObject { ["prompts"] = new JsonObject(), ["default_prompt_name"] = null, ["similarity_fn_name"] = "cosine" });
        (string Path, string Type)[] modules = [("", "Transformer"), (PoolingFolder, "Pooling"), .. _normalize ? [("2_Normalize", "Normalize")] : Array.Empty<(string, string)>()];
        sink.WriteJson(ModulesFile, new JsonArray([.. modules.Select((module, i) => (JsonNode)new JsonObject { ["idx"] = i, ["name"] = $"{i}", ["path"] = module.Path, ["type"] = ModulesBeginning + module.Type })]));
    }

    /// <summary>Refuses members that say something and are not known.</summary>
    private static void RefuseUnknown(JsonField? members, Func<string, JsonField, bool> isKnown)
    {
        foreach (var (name, value) in members?.Members() ?? [])
        {
            bool isEmpty = value.Kind == JsonValueKind.Null || (value.Kind == JsonValueKind.Object && !value.Members().Any()) || (value.IsArray && !value.Items().Any());
            if (!isEmpty && !isKnown(name, value))
            {
                throw value.Fail($"what {Printable.Name(name)} says here is not known. {ModulesCure}");
            }
        }
    }

    private static bool IsWord(JsonField value, string word) => value.Kind == JsonValueKind.String && value.AsString() == word;

    private static JsonObject? ReadPrompts(FileSource source)
    {
        JsonField? file = JsonField.ReadIfPresent(source, PromptsFile);
        if (file?.Find("truncate_dim") is { } size)
        {
            throw size.Fail("cutting vectors to their first features is not supported on opening. Remove it, and cut the vectors yourself. " + ModulesCure);
        }

        if (file?.Find("default_prompt_name") is { } prompt)
        {
            throw prompt.Fail("a prompt before every text is not supported. Put it before the texts yourself. " + ModulesCure);
        }

        RefuseUnknown(file, (name, value) => name is "__version__" or "prompts" or "similarity_fn_name" || (name == "model_type" && IsWord(value, "SentenceTransformer")));
        return file?.ToObject();
    }

    private static (TextPooling Pooling, bool Normalize) ReadModules(FileSource source)
    {
        JsonField[] modules = [.. JsonField.ReadList(source, ModulesFile).Items()];
        TextPooling? pooling = null;
        bool normalize = false;
        for (int i = 0; i < modules.Length; i++)
        {
            RefuseUnknown(modules[i], (name, _) => name is "idx" or "name" or "path" or "type");
            JsonField type = modules[i].Get("type");
            string path = modules[i].Find("path")?.AsString() ?? "";
            string name = type.AsString();

            // Any other library's module of the same name is code of its own.
            switch (name.StartsWith(Library, StringComparison.Ordinal) ? name.Split('.')[^1] : name)
            {
                case "Transformer" when i == 0 && path.Length == 0:
                    break;
                case "Pooling" when i == 1:
                    pooling = ReadPooling(source, path, modules[i]);
                    break;
                case "Normalize" when i > 1:
                    normalize = true;
                    break;
                default:
                    throw type.Fail($"a module {Printable.Name(name)} in place {i} ({(path.Length == 0 ? "the directory itself" : Printable.Name(path))}) is not supported; known are Transformer in the directory itself, then Pooling, then Normalize. " + ModulesCure);
            }
        }

        return (pooling ?? throw new ModelFileException(source.Describe(ModulesFile), "It names no module Pooling. " + ModulesCure + "."), normalize);
    }

    private static TextPooling ReadPooling(FileSource source, string path, JsonField module)
    {
        FileSource folder = source.FindFolder(path) ?? throw module.Fail($"there is no folder {Printable.Name(path)} beside it. Fetch it too. " + ModulesCure);
        JsonField config = JsonField.Read(folder, "config.json");
        if (config.Find("include_prompt") is { } include && !include.AsBoolean())
        {
            throw include.Fail("leaving a prompt's tokens out of the pooling is not supported. " + ModulesCure);
        }

        string[] modes = config.Find("pooling_mode") is { } named
            ? named.IsArray ? [.. named.Items().Select(mode => mode.AsString())] : [named.AsString()]
            : [.. Switches.Where(pair => config.Find(pair.Key)?.AsBoolean() == true).Select(pair => pair.Value)];
        string? other = config.Members().Select(member => member.Name).FirstOrDefault(name => name.StartsWith("pooling_mode_", StringComparison.Ordinal) && !Switches.ContainsKey(name));
        if (other is null && modes is [string one] && Modes.TryGetValue(one, out TextPooling pooling))
        {
            RefuseUnknown(config, (name, _) => name is "word_embedding_dimension" or "embedding_dimension" or "include_prompt" or "pooling_mode" || Switches.ContainsKey(name));
            return pooling;
        }

        throw config.Fail($"the pooling {(other is null ? modes.Length == 0 ? "of no mode" : Printable.Name(string.Join(" + ", modes)) : Printable.Name(other))} is not supported; one of {string.Join(", ", Modes.Keys)} is. " + ModulesCure);
    }
}
