using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Makes backbones from Hugging Face configurations and checkpoints, by their <c>model_type</c>. Thread-safe.</summary>
public static class BackboneRegistry
{
    private const string ConfigFile = "config.json";
    private static readonly ConcurrentDictionary<string, Func<ConfigReader, Architecture>> Readings = new(StringComparer.Ordinal)
    {
        ["albert"] = AlbertFamily.Read,
        ["bert"] = BertFamily.Read,
        ["bloom"] = BloomFamily.Read,
        ["camembert"] = RobertaFamily.Read,
        ["cohere"] = CohereFamily.ReadFirst,
        ["cohere2"] = CohereFamily.ReadSecond,
        ["deberta"] = DebertaFamily.ReadFirst,
        ["deberta-v2"] = DebertaFamily.ReadSecond,
        ["distilbert"] = DistilBertFamily.Read,
        ["electra"] = ElectraFamily.Read,
        ["ernie4_5"] = ErnieFamily.Read,
        ["falcon"] = FalconFamily.Read,
        ["gemma"] = GemmaFamily.ReadFirst,
        ["gemma2"] = GemmaFamily.ReadSecond,
        ["gemma3_text"] = GemmaFamily.ReadThird,
        ["glm"] = GlmFamily.Read,
        ["glm4"] = GlmFamily.Read,
        ["gpt2"] = Gpt2Family.Read,
        ["gpt_bigcode"] = Gpt2Family.ReadBigCode,
        ["gpt_neo"] = GptNeoFamily.Read,
        ["gpt_neox"] = GptNeoXFamily.Read,
        ["gptj"] = GptJFamily.Read,
        ["granite"] = GraniteFamily.Read,
        ["llama"] = LlamaFamily.Read,
        ["mistral"] = LlamaFamily.Read,
        ["modernbert"] = ModernBertFamily.Read,
        ["mpnet"] = MpnetFamily.Read,
        ["mpt"] = MptFamily.Read,
        ["nemotron"] = NemotronFamily.Read,
        ["nomic_bert"] = NomicBertFamily.Read,
        ["olmo"] = OlmoFamily.ReadFirst,
        ["olmo2"] = OlmoFamily.ReadSecond,
        ["olmo3"] = OlmoFamily.ReadThird,
        ["opt"] = OptFamily.Read,
        ["phi"] = PhiFamily.ReadFirst,
        ["phi3"] = PhiFamily.ReadThird,
        ["qwen2"] = LlamaFamily.Read,
        ["qwen3"] = LlamaFamily.Read,
        ["roberta"] = RobertaFamily.Read,
        ["smollm3"] = SmolLM3Family.Read,
        ["stablelm"] = StableLmFamily.Read,
        ["starcoder2"] = StarCoder2Family.Read,
        ["xlm-roberta"] = RobertaFamily.Read,
    };

    private static readonly ConcurrentDictionary<string, Func<ConfigReader, LanguageBackbone>> Factories = new(Readings.Select(reading => KeyValuePair.Create(reading.Key, NetworkOf(reading.Value))), StringComparer.Ordinal);

    /// <summary>Gets the architectures that are known.</summary>
    public static IReadOnlyCollection<string> ModelTypes => [.. Factories.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes a family known, or replaces one: its network is made by the spec, and so takes low-rank adapters, keeps keys and values where it writes text, recomputes activations, and saves, like the built-in ones.</summary>
    /// <param name="modelType">The <c>model_type</c> of its config.json.</param>
    /// <param name="read">Reads a config.json: how the network is made, and what its tensors are called. What it asks for and a spec cannot say is to be refused with <see cref="ConfigReader.Wrong"/>.</param>
    public static void RegisterFamily(string modelType, Func<ConfigReader, Architecture> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        Register(modelType, NetworkOf(read));
        Readings[modelType] = read;
    }

    /// <summary>Makes another architecture known, or replaces one, whose network is a class of its own.</summary>
    /// <param name="modelType">The <c>model_type</c> of its config.json.</param>
    /// <param name="create">Makes the network, on the CPU in float32, its parameters named as in the checkpoint; their values do not matter.</param>
    public static void Register(string modelType, Func<ConfigReader, LanguageBackbone> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelType);
        ArgumentNullException.ThrowIfNull(create);
        Factories[modelType] = create;
        Readings.TryRemove(modelType, out _);
    }

    /// <summary>Loads a pretrained backbone, on the CPU in float32 and in evaluation mode: whole, or not at all.</summary>
    /// <param name="source">The checkpoint: config.json and model.safetensors, or shards with model.safetensors.index.json.</param>
    /// <returns>The backbone, which the caller disposes.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, the architecture unknown, tensors missing, surplus or of the wrong shape.</exception>
    public static LanguageBackbone Load(FileSource source) => Load(source, matrices: null);

    /// <summary>The same, some matrices in blocks.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="matrices">What reads those matrices, by their names in the files; null for none.</param>
    internal static LanguageBackbone Load(FileSource source, IReadOnlyDictionary<string, Func<BlockMatrix>>? matrices)
    {
        ArgumentNullException.ThrowIfNull(source);
        var backbone = Construct(ReadConfig(source));
        try
        {
            BackboneWeights.Load(backbone, source, matrices ?? new Dictionary<string, Func<BlockMatrix>>());
            backbone.eval();
            return backbone;
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }

    /// <summary>Makes a backbone of random weights, as Hugging Face initialises them: N(0, initializer_range), biases 0, norms 1.</summary>
    /// <param name="configJson">A config.json.</param>
    /// <param name="generator">Draws the weights; a CPU generator.</param>
    /// <returns>The backbone, which the caller disposes; on the CPU in float32, in evaluation mode.</returns>
    /// <exception cref="ModelFileException">The configuration is wrong, or the architecture unknown.</exception>
    public static LanguageBackbone Create(string configJson, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(configJson);
        ArgumentNullException.ThrowIfNull(generator);
        var config = ConfigReader.Parse(Encoding.UTF8.GetBytes(configJson), ConfigFile);
        double range = InitializerRange(config);
        var backbone = Construct(config);
        try
        {
            BackboneWeights.Initialise(backbone, range, generator);
            backbone.eval();
            return backbone;
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }

    /// <summary>The standard deviation of random initial weights that a config.json names, else Hugging Face's 0.02.</summary>
    internal static double InitializerRange(ConfigReader config) => config.Positive("initializer_range", 0.02);

    /// <summary>How the network of a config.json is made, and what its tensors are called.</summary>
    /// <exception cref="ModelFileException">The configuration is wrong, or the architecture unknown or a class of its own.</exception>
    internal static Architecture ArchitectureOf(ConfigReader config) => Readings.TryGetValue(config.ModelType, out var read)
        ? Checked(config, read(config))
        : throw config.Wrong("model_type", $"is '{Printable.Name(config.ModelType)}'; known by their spec: {string.Join(", ", Readings.Keys.Order(StringComparer.Ordinal))}");

    /// <summary>The network of a config.json, its parameters without values.</summary>
    internal static LanguageBackbone Network(ConfigReader config) => Factories[config.ModelType](config);

    /// <summary>What a model says of itself, without its weights, and whether it predicts next tokens.</summary>
    /// <exception cref="ModelFileException">config.json is missing or wrong, or the architecture unknown or a class of its own.</exception>
    internal static (BackboneInfo Info, bool IsCausal) Describe(FileSource source)
    {
        ConfigReader config = ReadConfig(source);
        Architecture architecture = ArchitectureOf(config);
        return (InfoOf(config, architecture), architecture.Spec.IsCausal);
    }

    /// <summary>Runs texts through a model whose layers are read from its files one after the other.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="texts">Token ids, each <c>[1, n]</c>, int64, on the CPU.</param>
    /// <param name="look">Called for hidden states 0..N, each for all texts in turn.</param>
    /// <exception cref="ModelFileException">As <see cref="Load(FileSource)"/>, before any text is run where the files do not fit; or a file changed or was cut off meanwhile.</exception>
    internal static void RunLayers(FileSource source, IReadOnlyList<Tensor> texts, LayerwiseNetwork.LookAction look)
    {
        using var scope = NewDisposeScope();
        using LayerwiseNetwork network = Layerwise(source);
        var weights = WeightFiles.Open(source);
        weights.RefuseMixture();
        BackboneWeights.Check(weights, network, network.Shapes());
        network.Run(texts, parameters => BackboneWeights.Fill(weights, network, parameters), look);
    }

    /// <summary>How many parameters a model has, whose weights are not read.</summary>
    /// <exception cref="ModelFileException">As <see cref="Describe"/>.</exception>
    internal static long CountParameters(FileSource source)
    {
        using var scope = NewDisposeScope();
        using LayerwiseNetwork network = Layerwise(source);
        return network.Shapes().Values.Sum(shape => shape.Aggregate(1L, (product, size) => product * size));
    }

    private static LayerwiseNetwork Layerwise(FileSource source) => (LayerwiseNetwork)Allocate(ReadConfig(source), config =>
    {
        Architecture architecture = ArchitectureOf(config);
        return new LayerwiseNetwork(architecture, InfoOf(config, architecture));
    });

    private static ConfigReader ReadConfig(FileSource source) =>
        ConfigReader.Parse(source.ReadAllBytes(ConfigFile), source.Describe(ConfigFile)).Beside(() => WeightFiles.Open(source).Entries.Select(entry => entry.Entry.Name));

    private static Func<ConfigReader, LanguageBackbone> NetworkOf(Func<ConfigReader, Architecture> read) => config =>
    {
        Architecture architecture = Checked(config, read(config) ?? throw new InvalidOperationException($"The reading of {config.ModelType} gave no architecture."));
        BackboneInfo info = InfoOf(config, architecture);
        return architecture.Spec.IsCausal ? new DecoderNetwork(architecture, info) : new EncoderNetwork(architecture, info);
    };

    private static BackboneInfo InfoOf(ConfigReader config, Architecture architecture)
    {
        TransformerSpec spec = architecture.Spec;
        spec.Validate();
        return config.Info(spec.VocabularySize, spec.HiddenSize, spec.LayerCount, spec.ContextLength) with { FinalSize = spec.OutputSize ?? spec.HiddenSize };
    }

    /// <summary>What a family read, held against keys that mean the same in every family.</summary>
    private static Architecture Checked(ConfigReader config, Architecture architecture)
    {
        config.RequireFlags(architecture.Spec.IsCausal, "is_causal");
        config.RequireFlags(false, "use_bidirectional_attention");
        return Headless(config, architecture);
    }

    /// <summary>The architecture without a language-model head where the files, of a bare network or of a task's model, hold none.</summary>
    private static Architecture Headless(ConfigReader config, Architecture architecture)
    {
        string? head = architecture.Spec is { IsCausal: true, Head: HeadKind.Own } ? architecture.Names.Tail.FirstOrDefault(named => named.Part == WeightPart.Head).Name : null;
        return head is null || config.HoldsTensors(head + ".") != false || config.Architectures.Any(HeadClasses.IsLanguageModel)
            ? architecture
            : architecture with { Spec = architecture.Spec with { Head = HeadKind.None, HasHeadBias = false } };
    }

    private static LanguageBackbone Construct(ConfigReader config)
    {
        if (!Factories.TryGetValue(config.ModelType, out var create))
        {
            throw config.Wrong("model_type", $"is '{Printable.Name(config.ModelType)}'; known: {string.Join(", ", ModelTypes)}. Register another with BackboneRegistry.Register");
        }

        // What is made here must outlive whatever scope the caller is in. The parameters have no values yet: memory is touched only when they are
        // filled, which a checkpoint whose shapes do not fit never comes to.
        using var scope = NewDisposeScope();
        var backbone = Allocate(config, create);
        backbone.Config = config.Root;
        backbone.EndTokenIds = config.TokenIds("eos_token_id");
        foreach (var (_, parameter) in backbone.named_parameters())
        {
            parameter.DetachFromDisposeScope();
        }

        return backbone;
    }

    private static LanguageBackbone Allocate(ConfigReader config, Func<ConfigReader, LanguageBackbone> create)
    {
        if (config.Has("quantization_config"))
        {
            throw config.Wrong("quantization_config", "is given: quantised checkpoints are not supported. Use the original one with F32, F16 or BF16 weights");
        }

        try
        {
            return create(config);
        }
        catch (Exception e) when (e is ExternalException or OutOfMemoryException)
        {
            throw config.Wrong("model_type", $"{config.ModelType} of these sizes does not fit in memory. Check the vocabulary, hidden, intermediate and layer sizes");
        }
    }
}
