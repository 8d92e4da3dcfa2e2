using System.Text.Json.Nodes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A language model, causal or an encoder, with its tokenizer, in memory.</summary>
/// <remarks>The owner disposes it, which frees the weights. In evaluation mode it may be used by several threads.</remarks>
public sealed partial class PretrainedLanguageModel : IDisposable
{
    /// <summary>The most bytes of weights in one file when saving, unless told otherwise: 5 GB, as Hugging Face does.</summary>
    public const long DefaultMaxShardBytes = 5_000_000_000;

    private readonly Lazy<TextTokenizer> _tokenizer;

    /// <summary>Joins a backbone, which it owns from then on, and a tokenizer.</summary>
    /// <param name="name">What to call it in messages and reports.</param>
    /// <param name="backbone">The backbone; all on one device.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="ArgumentException">The tokenizer has ids that the backbone's embedding lacks.</exception>
    public PretrainedLanguageModel(string name, LanguageBackbone backbone, TextTokenizer tokenizer)
        : this(name, backbone, new Lazy<TextTokenizer>(tokenizer ?? throw new ArgumentNullException(nameof(tokenizer))), hasTokenizer: true)
    {
        if (tokenizer.VocabularySize > backbone.Info.VocabularySize)
        {
            throw new ArgumentException(Mismatch(tokenizer, backbone.Info), nameof(tokenizer));
        }
    }

    private PretrainedLanguageModel(string name, LanguageBackbone backbone, Lazy<TextTokenizer> tokenizer, bool hasTokenizer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(backbone);
        Name = name;
        Backbone = backbone;
        _tokenizer = tokenizer;
        HasTokenizer = hasTokenizer;
    }

    /// <summary>What it is called in messages and reports.</summary>
    public string Name { get; }

    /// <summary>The network.</summary>
    public LanguageBackbone Backbone { get; }

    /// <summary>Checks that the model predicts next tokens.</summary>
    /// <param name="what">What is asked of it, as the subject of a sentence.</param>
    /// <exception cref="ArgumentException">It is an encoder.</exception>
    internal void RequireCausal(string what)
    {
        if (!Backbone.IsCausal)
        {
            throw new ArgumentException($"{what} needs a model that predicts the next token, but {Name} ({Backbone.Info.ModelType}) is an encoder. Take a causal model, such as GPT-2; an encoder can be fine-tuned for classification and regression, and gives embeddings and geometry reports.");
        }
    }

    /// <summary>The tokenizer; read at first use.</summary>
    /// <exception cref="ModelFileException">The checkpoint has no tokenizer files, damaged ones, or more ids than the embedding has rows.</exception>
    public TextTokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Whether there are tokenizer files at all; without them <see cref="Tokenizer"/> fails and saving writes the network alone.</summary>
    public bool HasTokenizer { get; }

    /// <summary>Where the weights are.</summary>
    public Device Device => Backbone.parameters().First().device;

    /// <summary>Loads a checkpoint, whole or not at all, in evaluation mode.</summary>
    /// <param name="backbone">Which.</param>
    /// <param name="device">Where to; null for the CPU.</param>
    /// <exception cref="ModelFileException">A file is missing or damaged; the message names it and the cure.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static PretrainedLanguageModel Load(ModelSource backbone, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        TorchRuntime.EnsureLoaded();
        var network = BackboneRegistry.Load(backbone.Source);
        try
        {
            if (device is not null && device.type != DeviceType.CPU)
            {
                network.to(device);
            }

            return new PretrainedLanguageModel(backbone.Name, network, new Lazy<TextTokenizer>(() => LoadTokenizer(backbone.Source, network.Info)), TextTokenizer.IsIn(backbone.Source))
            {
                Origin = new AdapterBase(backbone.Name, (backbone.Source as DirectorySource)?.Name),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Writes a directory that <see cref="Load"/> and Hugging Face's libraries read: model.safetensors or shards, config.json, tokenizer files.</summary>
    /// <remarks>
    /// A directory that does not exist yet appears whole or not at all. In one that exists each file is replaced whole, weights first; weights of a
    /// former checkpoint go, other files stay. The tokenizer is written where there is one (<see cref="HasTokenizer"/>).
    /// A low-rank adapter is written merged into the weights, merged or not.
    /// </remarks>
    /// <param name="directory">The directory.</param>
    /// <param name="type">The number type of the stored weights: Float32 (default), Float16 or BFloat16.</param>
    /// <param name="maxShardBytes">The most bytes of weights in one file, at least 1; more are written as shards. Default <see cref="DefaultMaxShardBytes"/>.</param>
    /// <exception cref="ArgumentException">Another number type, a shard size below 1, or a weight beyond the range of <paramref name="type"/>.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    public void SavePretrained(string directory, ScalarType type = ScalarType.Float32, long maxShardBytes = DefaultMaxShardBytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        RequireStorable(type, maxShardBytes);
        WholeDirectory.Save(directory, sink => Write(sink, type, maxShardBytes), WeightFiles.IsOne);
    }

    /// <summary>Writes the same files to any place, weights first.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="type">The number type of the stored weights: Float32 (default), Float16 or BFloat16.</param>
    /// <param name="maxShardBytes">The most bytes of weights in one file, at least 1; more are written as shards. Default <see cref="DefaultMaxShardBytes"/>.</param>
    /// <exception cref="ArgumentException">Another number type, a shard size below 1, or a weight beyond the range of <paramref name="type"/>.</exception>
    public void Save(FileSink sink, ScalarType type = ScalarType.Float32, long maxShardBytes = DefaultMaxShardBytes)
    {
        ArgumentNullException.ThrowIfNull(sink);
        RequireStorable(type, maxShardBytes);
        Write(sink, type, maxShardBytes);
    }

    /// <inheritdoc/>
    public void Dispose() => Backbone.Dispose();

    private IReadOnlyList<string> Write(FileSink sink, ScalarType type, long maxShardBytes)
    {
        using var scope = NewDisposeScope();
        return Write(sink, type, maxShardBytes, Backbone.Adapter is { } adapter ? adapter.MergedWeight : weight => weight);
    }

    private IReadOnlyList<string> Write(FileSink sink, ScalarType type, long maxShardBytes, Func<Parameter, Tensor> valueOf)
    {
        var config = SavedConfig(type);
        KeyValuePair<string, Tensor>[] weights = [.. Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, valueOf(pair.parameter)))];
        var files = WeightFilesWriter.Write(sink, weights, type, maxShardBytes);
        if (HasTokenizer)
        {
            Tokenizer.Save(sink);
        }

        sink.WriteJson("config.json", config);
        return files;
    }

    private JsonObject SavedConfig(ScalarType type)
    {
        var config = Backbone.Config?.DeepClone().AsObject()
            ?? throw new InvalidOperationException($"{Name} was not made from a config.json, so it cannot be saved as a checkpoint: make it with BackboneRegistry.");
        if (Backbone.ArchitectureName is { } architecture)
        {
            config["architectures"] = new JsonArray(architecture);
        }

        // Newer versions of the Hugging Face library say "dtype".
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = TypeName(type);
        return config;
    }

    private static void RequireStorable(ScalarType type, long maxShardBytes)
    {
        _ = TypeName(type);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
    }

    private static TextTokenizer LoadTokenizer(FileSource source, BackboneInfo info)
    {
        var tokenizer = TextTokenizer.Load(source);
        return tokenizer.VocabularySize <= info.VocabularySize
            ? tokenizer
            : throw new ModelFileException(source.Name, Mismatch(tokenizer, info));
    }

    private static string Mismatch(TextTokenizer tokenizer, BackboneInfo info) =>
        $"The tokenizer has ids up to {tokenizer.VocabularySize - 1}, but the backbone's embedding has {info.VocabularySize} rows. They belong to different models: take both from the same checkpoint.";

    private static string TypeName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "float32",
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        _ => throw new ArgumentException($"Weights cannot be stored as {type}: choose Float32, Float16 or BFloat16.", nameof(type)),
    };
}
