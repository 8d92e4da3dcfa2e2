using System.Text.Json.Nodes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <content>Loading and saving.</content>
public sealed partial class PretrainedLanguageModel
{
    // Not every model has them; those of a former one would speak of another.
    private static readonly string[] SideFiles = [GenerationConfig.FileName, "chat_template.jinja", .. SentenceModules.Files];

    /// <summary>Loads a model, whole or not at all, in evaluation mode: a directory in Hugging Face format, or whatever <see cref="Save(FileSink, ModelSaveOptions?)"/> wrote.</summary>
    /// <remarks>
    /// Where the files hold a low-rank adapter in PEFT's format, the model carries it, merged if it was merged when it was saved. Where they hold the adapter
    /// alone, its base is looked for by <see cref="AdapterBases"/>.
    /// </remarks>
    /// <param name="source">Where the files are.</param>
    /// <param name="options">Device and adapter; null for the CPU and the adapter that lies with the files, if there is one.</param>
    /// <exception cref="ModelFileException">A file is missing or damaged, or a base is not found or has other weights; the message names it and the cure.</exception>
    /// <exception cref="InvalidOperationException">The files hold an adapter, and the options name another.</exception>
    /// <exception cref="ArgumentException">The options ask for quantised matrices, and there are none, or not on this device.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <example>
    /// <code>
    /// using MLNet.Dispersion;
    /// using MLNet.Dispersion.Files;
    /// using TorchSharp;
    ///
    /// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("SmolLM2-135M"));
    /// using var tuned = PretrainedLanguageModel.Load(
    ///     ModelSource.FromDirectory("SmolLM2-135M"),
    ///     new ModelLoadOptions { Adapter = new DirectorySource("my-adapter") });
    /// tuned.Save("merged", new ModelSaveOptions { Type = torch.ScalarType.BFloat16 });
    /// </code>
    /// </example>
    public static PretrainedLanguageModel Load(ModelSource source, ModelLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        FileSource files = source.Source;
        using var inside = ExitGate.Enter();
        bool adapted = PeftFiles.AreIn(files);
        bool alone = adapted && !files.Contains("config.json");
        AdapterBase? identity = alone || AdapterBase.IsIn(files) ? PeftFiles.BaseOf(files) : null;
        PretrainedLanguageModel model = LoadWeights(alone ? AdapterBases.Find(identity!, AdapterBase.Describe(files)) : source, options ?? new());
        try
        {
            model.Origin = identity ?? model.Origin;
            if (adapted)
            {
                model.AddAdapter(files);
                model.Backbone.Adapter!.Options.Saving = alone ? AdapterSaving.AdapterOnly : AdapterSaving.Everything;
            }

            if (options?.Adapter is { } adapter)
            {
                model.AddAdapter(adapter);
            }

            if (identity?.Merged == true)
            {
                model.MergeAdapter();
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes a directory that <see cref="Load"/> and Hugging Face's libraries read: model.safetensors or shards, config.json, tokenizer files; PEFT's files where the options ask for an adapter.</summary>
    /// <remarks>
    /// A directory that does not exist yet appears whole or not at all. In one that exists each file is replaced whole, weights first; weights and
    /// adapters of a former model go, other files stay (an adapter alone leaves everything else as it is). A model card, README.md, says for people and for the hub what the library knows of
    /// the model: its base with its licence, the task, how it was trained and what was measured; one that a person wrote stays. The tokenizer is written where there is one (<see cref="HasTokenizer"/>).
    /// What a directory of sentence-transformers said of pooling, length and scaling is written as that library reads it, unless it asked for what is not supported.
    /// </remarks>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type, size of files, what becomes of an adapter; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or a weight beyond the range of the number type.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The options ask for an adapter alone, and there is none.</exception>
    public void Save(string directory, ModelSaveOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        options = Checked(options);
        if (options.Adapter == AdapterSaving.AdapterOnly)
        {
            // Beside a model the card is the model's.
            bool card = ModelCard.MayReplace(directory) && !File.Exists(Path.Combine(directory, "config.json"));
            WholeDirectory.SaveBeside(directory, sink =>
            {
                Write(sink, options, HeadFor(options));
                if (card)
                {
                    Card(directory, TaskOf(Head?.Task), isAdapter: true).Write(sink);
                }
            });
        }
        else
        {
            WriteWhole(directory, options, HeadFor(options));
        }
    }

    /// <summary>Writes a directory with another head than the model's own.</summary>
    /// <param name="head">The head; stays the caller's.</param>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">As for <see cref="Save(string, ModelSaveOptions?)"/>; an adapter is merged.</param>
    internal void SaveWith(PretrainedHead head, string directory, ModelSaveOptions? options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        WriteWhole(directory, Checked(options), head);
    }

    /// <summary>Writes the files of a model to any place, weights first.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="options">Number type, size of files, what becomes of an adapter; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or a weight beyond the range of the number type.</exception>
    /// <exception cref="InvalidOperationException">The options ask for an adapter alone, and there is none.</exception>
    public void Save(FileSink sink, ModelSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        options = Checked(options);
        Write(sink, options, HeadFor(options));
    }

    /// <summary>The head to be written into the model's own files: beside an adapter's files, which hold its own, the base's.</summary>
    private PretrainedHead? HeadFor(ModelSaveOptions options) => options.Adapter is null ? Head : OwnHead;

    private void WriteWhole(string directory, ModelSaveOptions options, PretrainedHead? head)
    {
        bool card = ModelCard.MayReplace(directory);
        WholeDirectory.Save(
            directory,
            sink =>
            {
                IReadOnlyList<string> names = WriteNoted(sink, options, head);
                if (card)
                {
                    Card(directory, TaskOf(head?.Task), isAdapter: false).Write(sink);
                }

                return names;
            },
            name => WeightFiles.IsOne(name) || PeftFiles.IsOne(name) || SideFiles.Contains(name));
    }

    private ModelCard Card(string directory, string task, bool isAdapter) => new()
    {
        Title = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))),
        BaseName = Origin.Name,
        Base = BaseCard,
        ModelType = Backbone.Info.ModelType,
        Task = task,
        IsAdapter = isAdapter,
        Trainings = [.. Trainings],
    };

    /// <summary>The hub's name of what the model does with a head; with none, of what it does by itself.</summary>
    private string TaskOf(HeadTask? head) => head switch
    {
        HeadTask.Sequence => "text-classification",
        HeadTask.Tokens => "token-classification",
        HeadTask.Spans => "question-answering",
        HeadTask.MaskedTokens => "fill-mask",
        _ => Backbone.IsCausal && Backbone.PredictsTokens ? "text-generation" : ModelCard.Features,
    };

    private static PretrainedLanguageModel LoadWeights(ModelSource source, ModelLoadOptions options)
    {
        TorchRuntime.EnsureLoaded();
        Device? device = options.Device;
        var network = BackboneRegistry.Load(source.Source, options.KeepQuantized ? Matrices(source, device) : null);
        PretrainedHead? head = null;
        try
        {
            if (device is not null && device.type != DeviceType.CPU)
            {
                network.to(device);
            }

            network.QuantizedTypes = (source.Source as GgufSource)?.QuantizedTypes ?? [];
            head = HeadReader.Read(source.Source, network);
            var generation = GenerationConfig.Read(source.Source);
            return new PretrainedLanguageModel(source.Name, network, new Lazy<TextTokenizer>(() => LoadTokenizer(source.Source, network.Info)), TextTokenizer.IsIn(source.Source))
            {
                Sentence = SentenceModules.Read(source.Source),
                BaseCard = BaseCard.Read(source.Source),
                Origin = new AdapterBase(source.Name, (source.Source as DirectorySource)?.Name),
                GenerationConfig = generation,
                OwnHead = head,
                ChangedFiles = SavedManifest.Find(source.Source)?.Changed(source.Source, IsComparedByItself) ?? [],
            };
        }
        catch
        {
            head?.Dispose();
            network.Dispose();
            throw;
        }
    }

    /// <summary>What reads the matrices of a GGUF file that can stay in its blocks.</summary>
    /// <exception cref="ArgumentException">There are none, or they are to lie on another device.</exception>
    private static IReadOnlyDictionary<string, Func<BlockMatrix>> Matrices(ModelSource source, Device? device) =>
        device is not null && device.type != DeviceType.CPU ? throw new ArgumentException($"ModelLoadOptions.KeepQuantized is true, and Device is {device}: quantised matrices stay on the CPU. Leave one of the two as it is by default.", nameof(device))
        : source.Source is GgufSource { Matrices: { Count: > 0 } matrices } ? matrices
        : throw new ArgumentException($"ModelLoadOptions.KeepQuantized is true, and {source.Name} holds no matrix of the types Q8_0 and Q4_1. Load it without, or take a GGUF file of one of these types.", nameof(source));

    /// <summary>Weights are compared with one another only, and a card is for people.</summary>
    private static bool IsComparedByItself(string name) => !name.EndsWith(".safetensors", StringComparison.Ordinal) && name != ModelCard.FileName;

    private ModelSaveOptions Checked(ModelSaveOptions? options)
    {
        options = options?.Clone() ?? new();
        options.Validate();
        if (options.Adapter == AdapterSaving.AdapterOnly)
        {
            RequireAdapter();
        }

        return options.Pooling is { } pooling && Backbone.IsCausal
            ? throw new ArgumentException($"ModelSaveOptions.Pooling is {pooling}, and {Name} ({Backbone.Info.ModelType}) is a decoder: its texts stand behind a token that sentence-transformers does not put there. Leave it null; encoders can be saved with a pooling.", nameof(options))
            : options;
    }

    /// <summary>What the saved files say to sentence-transformers; null for nothing.</summary>
    private SentenceModules? SavedSentence(ModelSaveOptions options) => options.Pooling is { } pooling
        ? new SentenceModules(pooling, options.Normalize ?? true, Math.Min(options.MaxTokens ?? SentenceMaxTokens ?? int.MaxValue, Backbone.Info.ContextLength))
        : Sentence;

    private IReadOnlyList<string> WriteNoted(FileSink sink, ModelSaveOptions options, PretrainedHead? head)
    {
        var noting = new NotingSink(sink);
        Write(noting, options, head);
        return noting.Names;
    }

    private void Write(FileSink sink, ModelSaveOptions options, PretrainedHead? head)
    {
        using var inside = ExitGate.Enter();
        if (options.Adapter != AdapterSaving.AdapterOnly)
        {
            Func<LoraAdapter, Func<Parameter, Tensor>> valueOf = options.Adapter is null ? adapter => adapter.MergedWeight : adapter => adapter.BaseWeight;
            WriteModel(sink, options, Backbone.Adapter is { } carried ? valueOf(carried) : weight => weight, head);
        }

        if (options.Adapter is not null && Backbone.Adapter is { } written)
        {
            AdapterBase identity = Origin with { Sha256 = WeightHash.Of(Backbone), Merged = written.Merged };
            AdapterBases.Remember(identity);
            PeftFiles.Write(sink, Backbone, written, identity, OwnHead is { } own ? new HeadBeside(own.Spec, [.. own.Parameters]) : null);
        }
    }

    private void WriteModel(FileSink sink, ModelSaveOptions options, Func<Parameter, Tensor> valueOf, PretrainedHead? taskHead)
    {
        Backbone.RequireValues("Saving");
        using var scope = NewDisposeScope();
        var config = SavedConfig(options.TypeName);
        List<KeyValuePair<string, Tensor>> weights = [.. Backbone.named_parameters().Select(pair => KeyValuePair.Create(Backbone.TensorName(pair.name, taskHead?.Spec), valueOf(pair.parameter)))];
        if (options.Adapter is null && Backbone.Adapter?.Extras.Head is { } head)
        {
            weights.Add(KeyValuePair.Create(Backbone.TiedHeadName + ".weight", valueOf(head.Weight)));
            config["tie_word_embeddings"] = false;
        }

        if (taskHead is not null)
        {
            taskHead.Write(config, Backbone.FamilyName);
            NamePadding(config, taskHead);
        }

        weights.AddRange((taskHead?.Parameters ?? []).Select(pair => KeyValuePair.Create(pair.Name, (Tensor)pair.Parameter)));
        WeightFilesWriter.Write(sink, weights, options.Type, options.MaxShardBytes);
        if (HasTokenizer)
        {
            Tokenizer.Save(sink, Backbone.Info.ContextLength, Backbone.Info.PadTokenId);
        }

        GenerationConfig?.Save(sink);
        SavedSentence(options)?.Write(sink, Backbone.Info.FinalSize);
        sink.WriteJson("config.json", config);
    }

    /// <summary>Hugging Face's decoders find the last token of each of several texts by the padding token, and refuse to without one: any that ends no text will do.</summary>
    private void NamePadding(JsonObject config, PretrainedHead head)
    {
        int? end = HasTokenizer ? Tokenizer.EosTokenId : Backbone.Info.EosTokenId;
        if (head.Spec.Reading == HeadReading.LastToken && Backbone.Info.PadTokenId is null && end is { } pad && !(HasTokenizer && Tokenizer.Encode("a").Ids[^1] == pad))
        {
            config["pad_token_id"] = pad;
        }
    }

    private JsonObject SavedConfig(string type)
    {
        var config = Backbone.Config?.DeepClone().AsObject()
            ?? throw new InvalidOperationException($"{Name} was not made from a config.json, so it cannot be saved as a checkpoint: make it with BackboneRegistry.");
        if ((Backbone.ArchitectureName ?? (Backbone.FamilyName is { } family ? HeadClasses.Bare(family) : null)) is { } architecture)
        {
            config["architectures"] = new JsonArray(architecture);
        }

        foreach (var (name, number) in Backbone.SavedNumbers)
        {
            config[name] ??= number;
        }

        // Newer versions of the Hugging Face library say "dtype".
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = type;
        return config;
    }

    /// <summary>Passes files on and notes their names.</summary>
    private sealed class NotingSink(FileSink inner) : FileSink
    {
        private readonly List<string> _names = [];

        internal IReadOnlyList<string> Names => _names;

        public override void Write(string fileName, Action<Stream> write)
        {
            inner.Write(fileName, write);
            _names.Add(fileName);
        }

        public override FileSink? MakeFolder(string name) => inner.MakeFolder(name);
    }
}
