using System.Text.Json.Nodes;

namespace MLNet.Dispersion;

/// <content>GGUF files.</content>
public sealed partial class PretrainedLanguageModel
{
    /// <summary>Writes the model as one GGUF file, for llama.cpp and what is built on it, such as Ollama and LM Studio: weights, an adapter merged into them, tokenizer and chat templates.</summary>
    /// <remarks>
    /// Written are bloom, gemma, gemma2, gemma3_text, gpt2, gpt_neox, granite, llama, mistral, olmo2, phi, phi3, qwen2, qwen3 and smollm3. llama.cpp composes no characters: texts with separate combining marks get other tokens
    /// there than with tokenizers that do, such as Qwen's. The file appears whole or not at all. A head of a task is not written.
    /// </remarks>
    /// <param name="path">The file's path; a file that is there is replaced.</param>
    /// <param name="options">How weights are stored, and the longest text; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or a weight beyond the range of the number type.</exception>
    /// <exception cref="NotSupportedException">llama.cpp would compute or cut texts otherwise, or does not know the family; the message says what it is about.</exception>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void SaveGguf(string path, GgufSaveOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options = options?.Clone() ?? new();
        options.Validate();
        int context = Backbone.Info.ContextLength;
        if (options.ContextLength > context)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.ContextLength, FormattableString.Invariant($"GgufSaveOptions.ContextLength is {options.ContextLength}; {Name} reads {context} tokens. Take at most that."));
        }

        var writer = Refusing(() => new GgufModelWriter(
            Name, Backbone.Info.ModelType, Structure, options.ContextLength ?? context, MergedWeights().Select(weight => (weight.Name, weight.Shape.ToArray(), weight.Values)), Enum.Parse<GgufType>(options.Type.ToString()), HasTokenizer ? TokenizerForGguf() : null));
        WriteFile(path, writer.Write);
    }

    /// <summary>Writes the low-rank adapter as a GGUF file, which llama.cpp puts beside the model's own: the model itself is not written.</summary>
    /// <remarks>Where its scales are no common multiple of 1 / rank, they are in the matrices B. Take the file for the very model that the adapter was trained on.</remarks>
    /// <param name="path">The file's path; a file that is there is replaced.</param>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    /// <exception cref="NotSupportedException">The format has no place for what the adapter does, such as DoRA or modules that were trained whole, or llama.cpp does not know the family; the message says which.</exception>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void SaveGgufAdapter(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        LoraAdapter adapter = RequireAdapter();
        var (metadata, tensors) = Refusing(() => PlanGguf(adapter));
        WriteFile(path, stream => GgufFileWriter.Write(stream, metadata, tensors));
    }

    /// <summary>Reads a low-rank adapter from a GGUF file and puts it beside the weights: whole, or not at all. It can be trained further, merged, and saved in both formats.</summary>
    /// <param name="path">The file, of the architecture of this model.</param>
    /// <exception cref="ModelFileException">The file is missing or damaged, holds no adapter, or one of another model; the message names key or tensor and the cure.</exception>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    /// <exception cref="NotSupportedException">The model is no causal language model of a family that GGUF knows.</exception>
    public void AddGgufAdapter(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        RequireNoAdapter();
        AddAdapter(new GgufAdapterSource(path, Backbone.Info.ModelType, Structure));
    }

    private (GgufMetadata Metadata, IReadOnlyList<GgufTensor> Tensors) PlanGguf(LoraAdapter adapter)
    {
        string architecture = GgufModelKeys.ArchitectureOf(Backbone.Info.ModelType) ?? throw new NotSupportedException($"Adapters of the family {Printable.Name(Backbone.Info.ModelType)} are not written; known: {string.Join(", ", GgufModelKeys.Families)}");
        AdapterExtras extras = adapter.Extras;
        string? other = adapter.Modules.Any(module => module.Update.Magnitude is not null) ? "DoRA's lengths"
            : extras.Tables.Count > 0 ? "changes of a table of embeddings"
            : extras.Replaced.Count > 0 || extras.TaskHead is not null ? "biases and modules that were trained whole"
            : null;
        if (other is not null)
        {
            throw new NotSupportedException($"A GGUF adapter has no place for {other}. Write the whole model with SaveGguf, in which the adapter is merged");
        }

        var layout = new GgufLayout(architecture, Structure);
        double alpha = adapter.Modules[0].Update.Scale * adapter.Modules[0].Update.Down.shape[0];
        var metadata = new GgufMetadata();
        metadata.Text("general.architecture", architecture);
        metadata.Text("general.type", "adapter");
        metadata.Text("general.name", Name);
        metadata.Text("adapter.type", "lora");
        metadata.Number("adapter.lora.alpha", alpha);
        var tensors = new List<GgufTensor>();
        foreach (AdaptedModule module in adapter.Modules)
        {
            if (layout.InGguf(module.Name + ".weight") is not var (part, name) || (part == WeightPart.Head && Structure.Spec.Head == HeadKind.Tied))
            {
                throw new NotSupportedException($"llama.cpp has no matrix of its own for {Printable.Name(module.Name)}, which the adapter changes. Write the whole model with SaveGguf, in which the adapter is merged");
            }

            LowRankUpdate update = module.Update;
            double factor = update.Scale * update.Down.shape[0] / alpha;
            tensors.Add(new GgufTensor(name + ".lora_a", update.Down.shape, GgufType.F32, () => update.Down));
            tensors.Add(new GgufTensor(name + ".lora_b", update.Up.shape, GgufType.F32, () => layout.Rows(Math.Abs(factor - 1) < 1e-12 ? update.Up : update.Up.Times(factor), part, toGguf: true)));
        }

        return (metadata, tensors);
    }

    private Architecture Structure => Backbone.PredictsTokens && Backbone.Architecture is { } structure
        ? structure
        : throw new NotSupportedException($"{Name} ({Backbone.Info.ModelType}) cannot be written as a GGUF file: it is no causal language model of a family that is described by a spec.");

    private GgufTokenizerFiles TokenizerForGguf()
    {
        var files = new FilesInFlatMemory();
        Tokenizer.Save(files);
        JsonObject config = files.Find("tokenizer_config.json") ?? [];
        JsonObject tokenizer = files.Find(TokenizerJsonFile.Name) ?? TokenizerJsonFile.Of(Tokenizer, files)
            ?? throw new NotSupportedException($"The tokenizer of {Name} came from none of the files from which a GGUF file's is made: tokenizer.json, or vocab.json and merges.txt. Add the model's tokenizer.json to its directory.");
        var templates = new List<(string? Name, string Text)>();
        if (files.FindText("chat_template.jinja") is { } one)
        {
            templates.Add((null, one));
        }
        else if (config["chat_template"] is JsonArray list)
        {
            templates.AddRange(list.OfType<JsonObject>().Select(template => ((string)template["name"]! is var name && name == "default" ? null : name, (string)template["template"]!)));
        }
        else if (config["chat_template"] is JsonValue text)
        {
            templates.Add((null, (string)text!));
        }

        BackboneInfo info = Backbone.Info;
        (string Purpose, int? Id)[] ids = [("bos", Tokenizer.BosTokenId ?? info.BosTokenId), ("eos", Tokenizer.EosTokenId ?? info.EosTokenId), ("pad", info.PadTokenId)];
        return new GgufTokenizerFiles
        {
            Tokenizer = tokenizer,
            Config = config,
            Frame = Tokenizer.Encode(string.Empty).Ids,
            Ids = ids.Where(pair => pair.Id is not null).ToDictionary(pair => pair.Purpose, pair => pair.Id!.Value),
            Templates = templates,
        };
    }

    private T Refusing<T>(Func<T> plan)
    {
        try
        {
            return plan();
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"{Name} cannot be written as a GGUF file. {e.Message}.", e);
        }
    }

    private static void WriteFile(string path, Action<Stream> write)
    {
        using var inside = ExitGate.Enter();
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new ModelFileException(full, "It is a directory; name a file in it, such as model.gguf.");
        }

        try
        {
            new DirectorySink(Path.GetDirectoryName(full)!).Write(Path.GetFileName(full), write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(full, $"Saving failed: {e.Message} Name a file that can be written, on a disk with room.", innerException: e);
        }
    }
}
