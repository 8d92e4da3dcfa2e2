using System.Text;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Writes a network as a GGUF file that llama.cpp computes alike.</summary>
/// <remarks>
/// Before anything is written, the keys are read again as <see cref="GgufArchitectures"/> reads the files of llama.cpp's converter; what they then say must be the network. So a setting for which the format has
/// no place is refused, and not written as another network.
/// </remarks>
internal sealed class GgufModelWriter
{
    private const string RopeFactors = "rope_freqs.weight";
    private const int QuantizationVersion = 2;

    private readonly string _name;
    private readonly string _architecture;
    private readonly TransformerSpec _spec;
    private readonly GgufLayout _layout;
    private readonly GgufMetadata _metadata = new();
    private readonly List<GgufTensor> _tensors = [];

    /// <summary>Plans the file.</summary>
    /// <param name="name">What to call the model.</param>
    /// <param name="family">Its <c>model_type</c>.</param>
    /// <param name="own">How it is built.</param>
    /// <param name="contextLength">The longest text; at most the model's.</param>
    /// <param name="weights">All its weights: name, shape, values.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="tokenizer">Its tokenizer; null for none.</param>
    /// <exception cref="NotSupportedException">llama.cpp would compute otherwise, or cannot read it at all; the message says why.</exception>
    internal GgufModelWriter(string name, string family, Architecture own, int contextLength, IEnumerable<(string Name, long[] Shape, Func<Tensor> Values)> weights, GgufType type, GgufTokenizerFiles? tokenizer)
    {
        _name = name;
        _architecture = GgufModelKeys.ArchitectureOf(family)
            ?? throw new NotSupportedException($"GGUF files of the family {Printable.Name(family)} are not written; known: {string.Join(", ", GgufModelKeys.Families.Order(StringComparer.Ordinal))}");
        _layout = new GgufLayout(_architecture, own);

        // An adapter may have parted the head from the embedding.
        var all = weights.ToArray();
        bool hasHead = all.Any(weight => _layout.InGguf(weight.Name)?.Part == WeightPart.Head);
        _spec = own.Spec with { ContextLength = contextLength, Head = hasHead ? HeadKind.Own : own.Spec.Head };
        _metadata.Text("general.architecture", _architecture);
        _metadata.Text("general.type", "model");
        _metadata.Text("general.name", DisplayName(tokenizer));
        _metadata.Whole("general.file_type", FileType(type));
        _metadata.Whole("general.quantization_version", QuantizationVersion);
        GgufModelKeys.Add(_metadata, family, _spec);
        AddTensors(all, type);
        RequireSame();
        if (tokenizer is not null)
        {
            GgufTokenizerKeys.Add(_metadata, _architecture, tokenizer, _spec.VocabularySize);
        }
    }

    /// <summary>Writes the file, one tensor in memory at a time.</summary>
    /// <exception cref="ArgumentException">A weight is beyond the range of the type.</exception>
    internal void Write(Stream stream) => GgufFileWriter.Write(stream, _metadata, _tensors);

    private static int FileType(GgufType type) => type switch
    {
        GgufType.F32 => 0,
        GgufType.F16 => 1,
        GgufType.Q8_0 => 7,
        GgufType.BF16 => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "F32, F16, BF16 and Q8_0 are written."),
    };

    // In llama.cpp a name with Phi 3 in it gives tokens attributes, and asks for tokens that not every vocabulary has.
    private string DisplayName(GgufTokenizerFiles? tokenizer)
    {
        string[] needed = ["<unk>", "<s>", "</s>", "<|endoftext|>"];
        string[] phi = ["phi-3", "phi3"];
        bool says = phi.Any(part => _name.Contains(part, StringComparison.OrdinalIgnoreCase));
        bool has = tokenizer is not null && needed.All(token => $"{tokenizer.Tokenizer["added_tokens"]?.ToJsonString()}".Contains(JsonValue.Create(token).ToJsonString(), StringComparison.Ordinal));
        bool takesBlanks = _architecture == "phi3" && has;
        return says == takesBlanks ? _name : takesBlanks ? $"Phi-3 {_name}" : phi.Aggregate(_name, (name, part) => name.Replace(part, "Phi 3", StringComparison.OrdinalIgnoreCase));
    }

    private void AddTensors(IEnumerable<(string Name, long[] Shape, Func<Tensor> Values)> weights, GgufType type)
    {
        if (RopeFactorsOf(_spec) is { } factors)
        {
            _tensors.Add(new GgufTensor(RopeFactors, [factors.Length], GgufType.F32, () => tensor(factors)));
        }

        foreach (var (name, shape, values) in weights)
        {
            var (part, gguf) = _layout.InGguf(name) ?? throw new NotSupportedException($"GGUF's architecture {_architecture} has no place for the weight {Printable.Name(name)}");
            long[] stored = _layout.IsTransposed(part, shape.Length) ? [shape[1], shape[0]] : shape;
            _tensors.Add(new GgufTensor(gguf, stored, TypeOf(gguf, stored, type), () => _layout.ToGguf(values(), part, gguf)));
        }
    }

    // As llama.cpp's converter has it: what is small stays as it is, and rows that are no whole blocks are halved.
    private static GgufType TypeOf(string name, long[] shape, GgufType type)
    {
        bool stays = shape.Length == 1 || name.EndsWith("_norm.weight", StringComparison.Ordinal) || name == "position_embd.weight";
        return stays ? GgufType.F32 : shape[^1] % GgufBlocks.Size(type) != 0 ? GgufType.F16 : type;
    }

    // What the frequencies are divided by, where Llama 3's stretching has its way of saying so.
    private static float[]? RopeFactorsOf(TransformerSpec spec)
    {
        if (spec.Block.Attention.Rotary is not { Scaling: Llama3RopeScaling scaling } rotary)
        {
            return null;
        }

        double[] stretched = scaling.Frequencies(rotary.Dimensions, rotary.Theta, 0), plain = RopeScaling.Plain(rotary.Dimensions, rotary.Theta);
        return [.. plain.Zip(stretched, (from, to) => (float)(from / to))];
    }

    private void RequireSame()
    {
        const string File = "the GGUF file";
        var entries = _tensors.ToDictionary(tensor => tensor.Name, tensor => new GgufEntry(tensor.Name, tensor.Type, tensor.Shape, 0, tensor.ByteLength), StringComparer.Ordinal);
        TransformerSpec read;
        try
        {
            JsonObject config = GgufArchitectures.Config(File, new GgufKeys(File, _metadata.Values), entries, null);
            read = BackboneRegistry.ArchitectureOf(ConfigReader.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), File)).Spec;
        }
        catch (ModelFileException e)
        {
            throw new NotSupportedException($"llama.cpp would not read it as GGUF's architecture {_architecture}: {e.Message}", e);
        }

        if (SpecDifference.Of(Comparable(_spec), Comparable(read)) is var (setting, mine, other))
        {
            throw new NotSupportedException($"llama.cpp would compute another network: GGUF's architecture {_architecture} has no way to say {setting} = {mine}, and would be computed with {other}");
        }
    }

    // A window beyond every text is none, and the factors of Llama 3's stretching stand in a tensor.
    private static TransformerSpec Comparable(TransformerSpec spec) => spec with
    {
        Blocks = [.. Enumerable.Range(0, spec.LayerCount).Select(layer =>
        {
            BlockSpec block = spec.BlockOf(layer);
            AttentionSpec attention = block.Attention;
            return block with
            {
                Attention = attention with
                {
                    Window = attention.Window >= spec.ContextLength ? null : attention.Window,
                    Rotary = attention.Rotary is { Scaling: Llama3RopeScaling } rotary ? rotary with { Scaling = null } : attention.Rotary,
                },
            };
        })],
    };
}
