using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Adapters in PEFT's file format: adapter_model.safetensors and adapter_config.json.</summary>
internal static class PeftFiles
{
    private const string WeightsFile = "adapter_model.safetensors";
    private const string Bias = ".bias";

    /// <summary>Where PEFT finds the embeddings and heads whose base weights it keeps in the file while they are adapted.</summary>
    private static readonly string[] KeptWithTheirBase = ["embed_tokens", "lm_head"];

    /// <summary>The names of all files of an adapter.</summary>
    internal static IReadOnlyList<string> Names { get; } = [WeightsFile, AdapterBase.FileName, PeftConfig.FileName];

    /// <summary>Writes an adapter, weights first.</summary>
    /// <param name="sink">Takes the files.</param>
    /// <param name="backbone">The adapter's network.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="identity">Its base.</param>
    /// <param name="head">The head that stands on the network; null for none. One of a task, under an adapter that was made here, is written as PEFT writes it: a module that is kept whole, on a base of the task's class.</param>
    internal static void Write(FileSink sink, LanguageBackbone backbone, LoraAdapter adapter, AdapterBase identity, HeadBeside? head)
    {
        head = adapter.Extras.Config is null && head is { Spec.Task: HeadTask.Sequence or HeadTask.Tokens or HeadTask.Spans } ? head : null;
        var tensors = Tensors(adapter, name => head is null ? adapter.Extras.Names.InFile(name) : backbone.TensorName(name, head.Spec))
            .Concat((head?.Parameters ?? []).Select(pair => (pair.Name, Value: (Tensor)pair.Parameter)));
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, tensors.Select(pair => KeyValuePair.Create(PeftTensorName.Prefix + pair.Name, pair.Value))));
        identity.Write(sink);
        PeftConfig.Write(sink, backbone, adapter, identity, head);
    }

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

        string? name = PeftConfig.Read(source).BaseName;
        return string.IsNullOrWhiteSpace(name)
            ? throw new ModelFileException(source.Describe(PeftConfig.FileName), "It names no base (base_model_name_or_path is missing), and there is no model beside it. Load the base, and add the adapter with ModelLoadOptions.Adapter.")
            : new AdapterBase(name, name);
    }

    /// <summary>What messages call the file of an adapter's weights.</summary>
    internal static string Describe(FileSource source) => source.Describe(WeightsFile);

    /// <summary>Whether there is an adapter.</summary>
    internal static bool AreIn(FileSource source) => source.Contains(PeftConfig.FileName);

    /// <summary>Reads an adapter, not attached yet: all of it, or an exception.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged, ask for what is not supported, or belong to another base.</exception>
    internal static LoraAdapter Read(FileSource source, LanguageBackbone backbone)
    {
        PeftConfig config = PeftConfig.Read(source);
        if (!source.Contains(WeightsFile))
        {
            throw new ModelFileException(source.Describe(WeightsFile), "There is no such file. Adapters in other formats, such as adapter_model.bin, must be saved as safetensors first.");
        }

        try
        {
            LoraAdapter? adapter = null;
            source.Read(WeightsFile, stream => adapter = new PeftReading(new SafetensorsReader(stream, source.Describe(WeightsFile)), backbone, config).Read());
            return adapter!;
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ModelFileException(config.File, $"The regular expression '{Printable.Name(e.Pattern)}' takes too long. Write it in plainer terms, or list the modules' names.", innerException: e);
        }
    }

    /// <summary>All that the file holds, by names without the prefix.</summary>
    private static IEnumerable<(string Name, Tensor Value)> Tensors(LoraAdapter adapter, Func<string, string> inFile)
    {
        AdapterExtras extras = adapter.Extras;
        var written = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (AdaptedModule module in adapter.Modules)
        {
            foreach (var (name, parameter) in LoraAdapter.Of(inFile(module.Name), module.Update))
            {
                yield return (name, parameter);
            }

            if (KeepsBase(module.Name) || Replaces(module.Layer.Weight))
            {
                written.Add(module.Layer.Weight);
                yield return (inFile(module.Name) + PeftTensorName.BaseWeight, module.Original ?? module.Layer.Weight);
            }

            if (module.Layer.Bias is { } bias && Replaces(bias))
            {
                written.Add(bias);
                yield return (inFile(module.Name) + PeftTensorName.BaseBias, bias);
            }
        }

        foreach (AdaptedTable table in extras.Tables)
        {
            foreach (var (name, parameter) in LoraAdapter.Of(inFile(table.Name), table.Update))
            {
                yield return (name, parameter);
            }

            if ((table.Update is LowRankTableUpdate && KeepsBase(table.Name)) || Replaces(table.Table.Weight))
            {
                written.Add(table.Table.Weight);
                yield return (inFile(table.Name) + PeftTensorName.BaseWeight, table.Original ?? table.Table.Weight);
            }
        }

        foreach (ReplacedWeight replaced in extras.Replaced.Where(replaced => !written.Contains(replaced.Weight)))
        {
            string name = inFile(replaced.Name);
            yield return (name, replaced.Weight);
            if (IsCopied(adapter, name))
            {
                yield return (Within(name, PeftTensorName.Copy), replaced.Weight);
                yield return (Within(name, PeftTensorName.Former), replaced.Original ?? replaced.Weight);
            }
        }

        foreach (var (name, parameter) in extras.TaskHead?.Parameters ?? [])
        {
            yield return (name, parameter);
            if (IsCopied(adapter, name))
            {
                yield return (Within(name, PeftTensorName.Copy), parameter);
            }
        }

        foreach (var (name, value) in extras.TaskHead?.Former ?? [])
        {
            yield return (Within(name, PeftTensorName.Former), value);
        }

        bool Replaces(Tensor weight) => extras.Replaced.Any(replaced => ReferenceEquals(replaced.Weight, weight));
        string Within(string name, string infix) => WithInfix(adapter, name, infix);
    }

    private static bool KeepsBase(string module) => KeptWithTheirBase.Contains(module[(module.LastIndexOf('.') + 1)..]);

    /// <summary>Where all biases are in the file, PEFT writes those of modules that are kept whole three times.</summary>
    private static bool IsCopied(LoraAdapter adapter, string name) =>
        adapter.Options.Bias == LoraBias.All && name.EndsWith(Bias, StringComparison.Ordinal) && PeftReading.SavedModule(adapter.Options.ModulesToSave, name) is not null;

    private static string WithInfix(LoraAdapter adapter, string name, string infix)
    {
        string module = PeftReading.SavedModule(adapter.Options.ModulesToSave, name)!;
        return module + infix + name[(module.Length + 1)..];
    }
}
