using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Adapters in PEFT's file format: adapter_model.safetensors and adapter_config.json.</summary>
internal static class PeftFiles
{
    private const string WeightsFile = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";
    private const string Down = ".lora_A.weight";
    private const string Up = ".lora_B.weight";
    private const string Weight = ".weight";

    /// <summary>Writes an adapter, weights first.</summary>
    internal static void Write(FileSink sink, LanguageBackbone backbone, LoraAdapter adapter, AdapterBase identity)
    {
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, adapter.Parameters.Select(pair => KeyValuePair.Create(Prefix + pair.Name, (Tensor)pair.Parameter))));
        identity.Write(sink);
        PeftConfig.Write(sink, backbone, adapter, identity);
    }

    /// <summary>The names of all files of an adapter.</summary>
    internal static IReadOnlyList<string> Names { get; } = [WeightsFile, AdapterBase.FileName, PeftConfig.FileName];

    /// <summary>Whether a file's plain name is one of an adapter's. Left over beside a newer model, they would be taken for its own.</summary>
    internal static bool IsOne(string fileName) => Names.Contains(fileName);

    /// <summary>The base that an adapter names: by adapter_base.json, or as PEFT names it.</summary>
    /// <exception cref="ModelFileException">Neither does.</exception>
    internal static AdapterBase BaseOf(FileSource source)
    {
        if (AdapterBase.IsIn(source))
        {
            return AdapterBase.Read(source);
        }

        _ = PeftConfig.Read(source, out string? name);
        return string.IsNullOrWhiteSpace(name)
            ? throw new ModelFileException(source.Describe(PeftConfig.FileName), "It names no base (base_model_name_or_path is missing), and there is no model beside it. Load the base, and add the adapter with ModelLoadOptions.Adapter.")
            : new AdapterBase(name, name);
    }

    /// <summary>Whether there is an adapter.</summary>
    internal static bool AreIn(FileSource source) => source.Contains(PeftConfig.FileName);

    /// <summary>Reads an adapter, not attached yet: all of it, or an exception.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged, ask for what is not supported, or belong to another base.</exception>
    internal static LoraAdapter Read(FileSource source, LanguageBackbone backbone)
    {
        LoraOptions options = PeftConfig.Read(source, out string? baseName);
        if (!source.Contains(WeightsFile))
        {
            throw new ModelFileException(source.Describe(WeightsFile), "There is no such file. Adapters in other formats, such as adapter_model.bin, must be saved as safetensors first.");
        }

        LoraAdapter? adapter = null;
        source.Read(WeightsFile, stream => adapter = Read(new SafetensorsReader(stream, source.Describe(WeightsFile)), backbone, options, baseName));
        return adapter!;
    }

    private static LoraAdapter Read(SafetensorsReader reader, LanguageBackbone backbone, LoraOptions options, string? baseName)
    {
        string home = baseName is null ? "Load the adapter onto the base that it was trained on." : $"Load the adapter onto the base that it was trained on: adapter_config.json says {Printable.Name(baseName)}.";
        var layers = LoraTargets.All(backbone).ToDictionary(pair => pair.Name, pair => pair.Layer, StringComparer.Ordinal);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in reader.Entries)
        {
            string module = ModuleOf(entry.Name, backbone, reader.File);
            if (!layers.TryGetValue(module, out IAdaptable? layer))
            {
                throw new ModelFileException(reader.File, $"The base, {backbone.Info.ModelType}, has no module '{Printable.Name(module)}' that can be adapted; it has: {LoraTargets.Listing(backbone)}. {home}", Printable.Name(entry.Name));
            }

            CheckEntry(reader.File, entry, module, layer, options.Rank, home);
            if (!found.TryAdd(module + (entry.Name.EndsWith(Down, StringComparison.Ordinal) ? Down : Up), entry.Name))
            {
                throw new ModelFileException(reader.File, "It is there twice, under different names. Save the adapter again.", Printable.Name(entry.Name));
            }
        }

        string[] modules = [.. found.Keys.Select(name => name[..^Down.Length]).Distinct()];
        CheckComplete(reader.File, backbone, options.TargetModules ?? modules, found.Keys, home);
        if (options.TargetModules is null || LoraTargets.Select(backbone, options.TargetModules).Count != modules.Length)
        {
            options.TargetModules = modules;
        }

        return Fill(reader, backbone, options, found);
    }

    private static string ModuleOf(string tensor, LanguageBackbone backbone, string file)
    {
        bool known = tensor.StartsWith(Prefix, StringComparison.Ordinal) && (tensor.EndsWith(Down, StringComparison.Ordinal) || tensor.EndsWith(Up, StringComparison.Ordinal)) && tensor.Length > Prefix.Length + Down.Length;
        return known
            ? backbone.ParameterName(tensor[Prefix.Length..^Down.Length] + Weight)[..^Weight.Length]
            : throw new ModelFileException(file, $"It is no matrix of LoRA: those are named {Prefix}<module>{Down} and {Prefix}<module>{Up}. Heads and embeddings that were trained beside LoRA are not supported: save the adapter without them.", Printable.Name(tensor));
    }

    private static void CheckEntry(string file, SafetensorsEntry entry, string module, IAdaptable layer, int rank, string home)
    {
        if (!SafetensorsTypes.IsFloatingPoint(entry.DataType))
        {
            throw new ModelFileException(file, $"It holds {SafetensorsTypes.CodeOf(entry.DataType)} numbers; it must hold F32, F16 or BF16. Save the adapter again.", Printable.Name(entry.Name));
        }

        long[] shape = entry.Name.EndsWith(Down, StringComparison.Ordinal) ? [rank, layer.Inputs] : [layer.Outputs, rank];
        if (!entry.Shape.SequenceEqual(shape))
        {
            throw new ModelFileException(file, $"Its shape is {Printable.Shape(entry.Shape)}, but r = {rank} and the base's module '{module}' of {layer.Inputs} inputs and {layer.Outputs} outputs ask for {Printable.Shape(shape)}. {home}", Printable.Name(entry.Name));
        }
    }

    private static void CheckComplete(string file, LanguageBackbone backbone, IReadOnlyList<string> targets, IReadOnlyCollection<string> found, string home)
    {
        if (targets.Count == 0)
        {
            throw new ModelFileException(file, "There is no matrix of LoRA in it. Save the adapter again.");
        }

        if (LoraTargets.Missing(backbone, targets) is { } unknown)
        {
            throw new ModelFileException(file, $"adapter_config.json's target_modules name '{Printable.Name(unknown)}', which the base, {backbone.Info.ModelType}, does not have; it has: {LoraTargets.Listing(backbone)}. {home}");
        }

        string[] missing = [.. LoraTargets.Select(backbone, targets).SelectMany<(string Name, IAdaptable Layer), string>(pair => [pair.Name + Down, pair.Name + Up]).Except(found, StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            throw new ModelFileException(file, $"{missing.Length} tensors are missing for adapter_config.json's target_modules and the base's layers ({Printable.FirstTen([.. missing.Select(name => Prefix + name)])}). {home}");
        }
    }

    private static LoraAdapter Fill(SafetensorsReader reader, LanguageBackbone backbone, LoraOptions options, Dictionary<string, string> found)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var values = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        while (reader.MoveNext() is { } entry)
        {
            values[entry.Name] = reader.Read(ScalarType.Float32);
        }

        var layers = LoraTargets.All(backbone).Where(pair => found.ContainsKey(pair.Name + Down) && found.ContainsKey(pair.Name + Up));
        return new LoraAdapter(backbone, options, [.. layers.Select(pair => new AdaptedModule(pair.Name, pair.Layer, new LowRankUpdate(
            backbone.Context,
            values[found[pair.Name + Down]].to(pair.Layer.Weight.device),
            values[found[pair.Name + Up]].to(pair.Layer.Weight.device),
            options.Scale,
            options.Dropout)))]);
    }
}
