using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A low-rank adapter in a GGUF file, as the two files of PEFT.</summary>
internal sealed class GgufAdapterSource : FileSource
{
    private const string Down = ".lora_a";
    private const string Up = ".lora_b";
    private const string Prefix = "base_model.model.";
    private const string Weight = ".weight";
    private readonly string _path;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Reads the file, whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="family">The <c>model_type</c> of the base.</param>
    /// <param name="architecture">How the base is built.</param>
    /// <exception cref="ModelFileException">The file is missing or damaged, holds no adapter, or one of another architecture.</exception>
    internal GgufAdapterSource(string path, string family, Architecture architecture)
    {
        _path = Path.GetFullPath(path);
        using FileStream stream = GgufSource.Open(_path);
        var reader = new GgufReader(stream, Name);
        var keys = new GgufKeys(Name, reader.Values);
        double alpha = Check(keys, family);
        using var scope = NewDisposeScope();
        Dictionary<string, (Tensor? Down, Tensor? Up)> modules = Modules(reader, new GgufLayout(keys.Name, architecture));
        if (modules.Count == 0)
        {
            throw new ModelFileException(Name, "It holds no matrices of an adapter (… .lora_a, … .lora_b). Convert the adapter again.");
        }

        var ranks = new JsonObject(modules.Select(module => KeyValuePair.Create(module.Key, (JsonNode?)module.Value.Down!.shape[0])));

        // Where the file says 0, llama.cpp scales by 1.
        JsonObject alphas = alpha == 0 ? ranks.DeepClone().AsObject() : [];
        var config = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = "",
            ["r"] = ranks.First().Value!.DeepClone(),
            ["lora_alpha"] = alpha == 0 ? ranks.First().Value!.DeepClone() : alpha,
            ["rank_pattern"] = ranks,
            ["alpha_pattern"] = alphas,
            ["fan_in_fan_out"] = architecture.Names.InputsFirst,
            ["target_modules"] = new JsonArray([.. modules.Keys.Select(name => (JsonNode)name)]),
        };
        _files["adapter_config.json"] = Encoding.UTF8.GetBytes(config.ToJsonString());
        using var weights = new MemoryStream();
        SafetensorsWriter.Write(weights, modules.SelectMany(module => new[]
        {
            KeyValuePair.Create($"{Prefix}{module.Key}.lora_A.weight", module.Value.Down!),
            KeyValuePair.Create($"{Prefix}{module.Key}.lora_B.weight", module.Value.Up!),
        }));
        _files["adapter_model.safetensors"] = weights.ToArray();
    }

    /// <inheritdoc/>
    public override string Name => _path;

    /// <inheritdoc/>
    public override bool Contains(string fileName) => _files.ContainsKey(fileName);

    /// <inheritdoc/>
    public override void Read(string fileName, Action<Stream> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        using var stream = new MemoryStream(_files[fileName], writable: false);
        read(stream);
    }

    private double Check(GgufKeys keys, string family)
    {
        foreach (var (key, value, what) in new[] { ("general.type", "adapter", "an adapter"), ("adapter.type", "lora", "a low-rank adapter (LoRA)") })
        {
            if (keys.Text(key) is var found && found != value)
            {
                throw new ModelFileException(Name, $"{key} is {(found is null ? "missing" : $"'{Printable.Name(found)}'")}; it must be '{value}': the file is not {what}. A whole model is loaded with ModelSource.FromGguf.");
            }
        }

        if (GgufModelKeys.ArchitectureOf(family) is var own && own != keys.Name)
        {
            throw new ModelFileException(Name, $"The adapter belongs to a model of the architecture {Printable.Name(keys.Name)}; the base is {Printable.Name(family)}{(own is null ? ", of which GGUF adapters are not read" : $", thus {own}")}. Load the model that it was trained on.");
        }

        double alpha = keys.NeededNumber("adapter.lora.alpha");
        return alpha >= 0 ? alpha : throw keys.Wrong("adapter.lora.alpha", "at least 0");
    }

    private Dictionary<string, (Tensor? Down, Tensor? Up)> Modules(GgufReader reader, GgufLayout layout)
    {
        using var noGradient = no_grad();
        var modules = new Dictionary<string, (Tensor? Down, Tensor? Up)>(StringComparer.Ordinal);
        foreach (GgufEntry entry in reader.Entries)
        {
            bool isUp = entry.Name.EndsWith(Up, StringComparison.Ordinal);
            string of = isUp ? entry.Name[..^Up.Length] : entry.Name.EndsWith(Down, StringComparison.Ordinal) ? entry.Name[..^Down.Length] : "";
            if (layout.InFamily(of) is not var (part, name) || entry.Shape.Length != 2 || !name.EndsWith(Weight, StringComparison.Ordinal) || part is WeightPart.Tokens or WeightPart.Positions)
            {
                throw new ModelFileException(Name, "It is no matrix of an adapter beside a linear layer of the base. What it asks for is not supported: load the adapter from PEFT's files.", Printable.Name(entry.Name));
            }

            Tensor values = reader.Read(entry);
            string module = name[..^Weight.Length];
            var (down, up) = modules.GetValueOrDefault(module);
            try
            {
                modules[module] = isUp ? (down, layout.Rows(values, part, toGguf: false).contiguous()) : (values, up);
            }
            catch (ArgumentException e)
            {
                throw new ModelFileException(Name, $"{e.Message} Load the adapter onto the model that it was trained on.", Printable.Name(entry.Name), e);
            }
        }

        foreach (var (module, (down, up)) in modules)
        {
            if (down is null || up is null || down.shape[0] != up.shape[1])
            {
                throw new ModelFileException(Name, $"Of {Printable.Name(module)} the two matrices must be there, with one rank; they are {(down is null ? "missing" : Printable.Shape(down.shape))} and {(up is null ? "missing" : Printable.Shape(up.shape))}. Convert the adapter again.");
            }
        }

        return modules;
    }
}
