using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A GGUF file as the files of a directory in Hugging Face's format: config.json, model.safetensors (float32), tokenizer.json and tokenizer_config.json.</summary>
/// <remarks>Metadata are read once; weights each time that they are asked for, one tensor in memory at a time. Thread-safe.</remarks>
internal sealed class GgufSource : FileSource
{
    private const string ConfigFile = "config.json";
    private const string RopeFactors = "rope_freqs.weight";
    private readonly string _path;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly GgufWeights? _weights;
    private readonly long _dataStart;

    /// <summary>Reads the metadata.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">The file is missing or damaged, holds no model, or asks for what is not supported.</exception>
    internal GgufSource(string path)
        : this(path, vocabularyAlone: false)
    {
    }

    private GgufSource(string path, bool vocabularyAlone)
    {
        _path = Path.GetFullPath(path);
        using FileStream stream = Open(_path);
        var reader = new GgufReader(stream, Name);
        var keys = new GgufKeys(Name, reader.Values);
        if (keys.Whole("split.count") is { } parts and > 1)
        {
            throw new ModelFileException(Name, $"It is one of the {parts} files of a split model, which are not read one by one. Join them with llama-gguf-split --merge.");
        }

        if (keys.Text("general.type") is "adapter")
        {
            throw new ModelFileException(Name, "It holds an adapter, and no model. Load the model that it was made for, and put it beside with AddGgufAdapter.");
        }

        _dataStart = reader.DataStart;
        if (vocabularyAlone)
        {
            AddTokenizer(keys, keys.Whole(keys.Own("context_length")));
            return;
        }

        var entries = reader.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        float[]? factors = entries.TryGetValue(RopeFactors, out GgufEntry? entry) ? ValuesOf(reader, entry) : null;
        JsonObject config = GgufArchitectures.Config(Name, keys, entries, factors);
        foreach (var (purpose, name) in new[] { ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("padding", "pad_token_id") })
        {
            if (GgufTokenizer.IdOf(keys, purpose) is { } id)
            {
                config[name] = id;
            }
        }

        config["torch_dtype"] = "float32";
        Architecture architecture = BackboneRegistry.ArchitectureOf(ConfigReader.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), Name));
        _weights = new GgufWeights(Name, keys.Name, architecture, [.. reader.Entries.Where(tensor => tensor.Name != RopeFactors)]);
        QuantizedTypes = [.. reader.Entries.Select(tensor => tensor.Type).Where(type => type is not (GgufType.F32 or GgufType.F16 or GgufType.BF16)).Distinct().Order().Select(type => type.ToString())];
        Add(ConfigFile, config);
        AddTokenizer(keys, architecture.Spec.ContextLength);
    }

    /// <summary>The types of quantised tensors, such as Q4_1; empty where there are none.</summary>
    internal IReadOnlyList<string> QuantizedTypes { get; } = [];

    /// <summary>What reads each matrix whose blocks can be multiplied as they are, by its name in model.safetensors; the caller disposes what it gets.</summary>
    internal IReadOnlyDictionary<string, Func<BlockMatrix>> Matrices => _weights!.Matrices.ToDictionary(matrix => matrix.Name, matrix => (Func<BlockMatrix>)(() =>
    {
        using FileStream file = Open(_path);
        return _weights.Blocks(new GgufReader(file, Name, _dataStart), matrix.Index);
    }), StringComparer.Ordinal);

    /// <summary>The tokenizer of a file that need not hold a model.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">The file is missing or damaged, or its tokenizer is not supported.</exception>
    internal static GgufSource Vocabulary(string path) => new(path, vocabularyAlone: true);

    /// <inheritdoc/>
    public override string Name => _path;

    /// <inheritdoc/>
    public override bool Contains(string fileName) => (fileName == WeightFiles.SingleFile && _weights is not null) || _files.ContainsKey(fileName);

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (fileName == WeightFiles.SingleFile && _weights is not null)
        {
            using FileStream file = Open(_path);
            using var weights = new GgufStream(_weights, new GgufReader(file, Name, _dataStart));
            read(weights);
        }
        else if (_files.TryGetValue(fileName, out byte[]? bytes))
        {
            using var stream = new MemoryStream(bytes, writable: false);
            read(stream);
        }
        else
        {
            throw new ModelFileException(Describe(fileName), "A GGUF file holds nothing that could stand for this file.");
        }
    }

    private static float[] ValuesOf(GgufReader reader, GgufEntry entry)
    {
        using Tensor values = reader.Read(entry);
        return values.data<float>().ToArray();
    }

    private void AddTokenizer(GgufKeys keys, int? contextLength)
    {
        if (GgufTokenizer.Read(Name, keys, contextLength) is var (tokenizer, config))
        {
            Add("tokenizer.json", tokenizer);
            Add("tokenizer_config.json", config);
        }
    }

    private void Add(string name, JsonObject json) => _files[name] = Encoding.UTF8.GetBytes(json.ToJsonString());

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="ModelFileException">There is none.</exception>
    internal static FileStream Open(string path) => File.Exists(path)
        ? RegularFile.OpenRead(path)
        : throw new ModelFileException(path, "There is no such file.");
}
