using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <content>Low-rank adapters.</content>
public sealed partial class PretrainedLanguageModel
{
    /// <summary>Gets the options of the low-rank adapter that the model carries, its target modules named; null where there is none. A copy.</summary>
    public LoraOptions? Adapter => Backbone.Adapter?.Options.Clone();

    /// <summary>Gets whether the adapter is merged into the weights.</summary>
    public bool AdapterIsMerged => Backbone.Adapter?.Merged ?? false;

    /// <summary>Where the base came from.</summary>
    internal AdapterBase Origin { get => field ??= new AdapterBase(Name, null); set; }

    /// <summary>Puts a new low-rank adapter beside the weights; it has no effect before it is trained. Training with <see cref="FineTuneOptions.Lora"/> does it by itself.</summary>
    /// <param name="options">Its shape and place. Copied.</param>
    /// <param name="generator">Draws the matrices A; a CPU generator.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or names a module that the backbone does not have; the message lists those that exist.</exception>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    /// <remarks>The adapter is made on the device where the weights are. Not thread-safe, as all that changes the model.</remarks>
    public void AddAdapter(LoraOptions options, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(generator);
        RequireNoAdapter();
        LoraAdapter.Create(Backbone, options, generator).Attach();
    }

    /// <summary>Reads an adapter in PEFT's file format (adapter_config.json, adapter_model.safetensors) and puts it beside the weights: whole, or not at all.</summary>
    /// <param name="files">Where its files are, such as a <see cref="DirectorySource"/>.</param>
    /// <exception cref="ModelFileException">
    /// A file is missing or damaged, asks for what is not supported (other methods than LoRA, <c>lora_bias</c>, a base that PEFT changed as PiSSA and OLoRA do, …), or belongs to another base:
    /// other modules, other shapes, or, for adapters that this library wrote, other weights. The message names file, setting or tensor, and cure.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    /// <remarks>
    /// rsLoRA, DoRA, ranks and scales by pattern, chosen and excluded layers, biases, modules that were trained whole, embeddings, heads and single tokens are all computed as PEFT does. The head of a classifier that
    /// came with the files is the model's (<see cref="Head"/>) while the adapter is there, and is written again with it.
    /// </remarks>
    public void AddAdapter(FileSource files)
    {
        ArgumentNullException.ThrowIfNull(files);
        RequireNoAdapter();
        LoraAdapter adapter = PeftFiles.Read(files, Backbone);
        PretrainedHead? head;
        try
        {
            RequireSameBase(files);
            head = HeadOf(adapter, PeftFiles.Describe(files));
        }
        catch
        {
            adapter.Dispose();
            throw;
        }

        adapter.Attach();
        AdapterHead = head;
    }

    /// <summary>Puts the adapter into the weights, so that forward passes cost what they cost without it: <c>W + s B A</c> in float64, rounded once to float32. The former weights are kept for <see cref="UnmergeAdapter"/>. Does nothing where it is merged.</summary>
    /// <remarks>Nobody may use the model meanwhile.</remarks>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public void MergeAdapter() => RequireAdapter().Merge();

    /// <summary>Takes the adapter out of the weights again, which are then what they were, bit for bit. Does nothing where it is not merged.</summary>
    /// <remarks>Nobody may use the model meanwhile.</remarks>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public void UnmergeAdapter() => RequireAdapter().Unmerge();

    /// <summary>Merges the adapter for good: the weights that it gives are the model's own from then on, and there is no adapter any more. A classifier's head that came with its files stays as the model's own.</summary>
    /// <remarks>Where the adapter parts a head from the embedding to which it was tied, the model has two matrices from then on.</remarks>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public void AbsorbAdapter()
    {
        LoraAdapter adapter = RequireAdapter();
        adapter.Merge();
        if (AdapterHead is { } head)
        {
            adapter.Extras.TaskHead!.Release();
            AdapterHead = null;
            ReplaceHead(head);
        }

        adapter.Detach();
    }

    /// <summary>Takes the adapter away and frees it; the weights are what they were before it, bit for bit.</summary>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public void RemoveAdapter()
    {
        LoraAdapter adapter = RequireAdapter();
        adapter.Unmerge();
        adapter.Detach();
        AdapterHead?.Dispose();
        AdapterHead = null;
    }

    /// <summary>SHA-256 over all weights (names, shapes, values), in 64 small hexadecimal digits: those of the base, where an adapter is there, merged or not. The same on every machine.</summary>
    public string ComputeWeightHash() => WeightHash.Of(Backbone);

    /// <summary>The head that came with the adapter's files, or null.</summary>
    private PretrainedHead? AdapterHead { get; set; }

    /// <summary>The head that an adapter's files bring along: from then on the adapter holds, and saves, the parameters of the head.</summary>
    private PretrainedHead? HeadOf(LoraAdapter adapter, string file)
    {
        if (adapter.Extras.TaskHead is not { } saved)
        {
            return null;
        }

        HeadTask? task = adapter.Extras.Config?["task_type"]?.ToString() switch
        {
            "SEQ_CLS" => HeadTask.Sequence,
            "TOKEN_CLS" => HeadTask.Tokens,
            "QUESTION_ANS" => HeadTask.Spans,
            _ => null,
        };
        PretrainedHead? head = HeadReader.OfAdapter(saved.Parameters.ToDictionary(pair => pair.Name, pair => pair.Parameter, StringComparer.Ordinal), task, Backbone, OwnHead, file);
        saved.Adopt(head?.Parameters ?? []);
        return head;
    }

    private LoraAdapter RequireAdapter() => Backbone.Adapter
        ?? throw new InvalidOperationException($"{Name} has no adapter: train one with FineTuneOptions.Lora, or add one with AddAdapter.");

    private void RequireNoAdapter()
    {
        Backbone.RequireValues("An adapter");
        if (Backbone.Adapter is not null)
        {
            throw new InvalidOperationException($"{Name} has an adapter already: remove it with RemoveAdapter, or make it part of the weights with AbsorbAdapter.");
        }
    }

    private void RequireSameBase(FileSource source)
    {
        if (!AdapterBase.IsIn(source) || AdapterBase.Read(source) is not { Sha256: { } expected } identity)
        {
            return;
        }

        string actual = WeightHash.Of(Backbone);
        if (!string.Equals(expected, actual, StringComparison.OrdinalIgnoreCase))
        {
            string place = identity.Directory is null ? "" : $", once in {Printable.Name(identity.Directory)}";
            throw new ModelFileException(AdapterBase.Describe(source), $"The adapter was trained on the base '{Printable.Name(identity.Name)}'{place}, whose weights have the SHA-256 {Printable.Name(expected)}; those of '{Name}' have {actual}. Load it onto the weights that it was trained on.");
        }
    }
}
