using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a run trains: everything, the head alone, or a low-rank adapter and the head. All else wants no gradient until this is disposed.</summary>
internal sealed class TrainedParameters : IDisposable
{
    private readonly List<Parameter> _frozen = [];

    private TrainedParameters(IReadOnlyList<(string Name, Parameter Parameter)> backbone, IReadOnlyList<Parameter> head)
    {
        Backbone = backbone;
        Head = head;
    }

    /// <summary>Of the backbone and its adapter, by name.</summary>
    internal IReadOnlyList<(string Name, Parameter Parameter)> Backbone { get; }

    /// <summary>Of the objective.</summary>
    internal IReadOnlyList<Parameter> Head { get; }

    /// <summary>Chooses by the options, adds an adapter where one is asked for and none is there, and freezes the rest.</summary>
    /// <exception cref="ArgumentException">The options do not fit the backbone, its adapter or the task.</exception>
    internal static TrainedParameters Choose(LanguageBackbone backbone, IReadOnlyList<Parameter> head, FineTuneOptions options)
    {
        backbone.RequireValues("Training");
        var trained = new TrainedParameters([.. Unfrozen(backbone, OfBackbone(backbone, head, options), options.FrozenLayers)], head);
        var kept = trained.Backbone.Select(pair => pair.Parameter).ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        var all = backbone.named_parameters().Select(pair => pair.parameter).Concat(backbone.Adapter?.Parameters.Select(pair => pair.Parameter) ?? []);
        foreach (Parameter parameter in all.Where(parameter => parameter.requires_grad && !kept.Contains(parameter)))
        {
            parameter.requires_grad = false;
            trained._frozen.Add(parameter);
        }

        return trained;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frozen.ForEach(parameter => parameter.requires_grad = true);
        _frozen.Clear();
    }

    /// <summary>Those that do not belong to the embeddings and the first layers that stay as they are.</summary>
    private static IEnumerable<(string Name, Parameter Parameter)> Unfrozen(LanguageBackbone backbone, IEnumerable<(string Name, Parameter Parameter)> trained, int frozen) =>
        frozen == 0 ? trained
        : frozen <= backbone.Info.LayerCount ? trained.Where(pair => backbone.RequireLayerOf(pair.Name) > frozen)
        : throw new ArgumentException(FormattableString.Invariant($"FineTuneOptions.FrozenLayers is {frozen}; this {backbone.Info.ModelType} has {backbone.Info.LayerCount} layers."), nameof(frozen));

    private static IEnumerable<(string Name, Parameter Parameter)> OfBackbone(LanguageBackbone backbone, IReadOnlyList<Parameter> head, FineTuneOptions options)
    {
        if (backbone.Adapter is { Merged: true })
        {
            throw new ArgumentException("The model's adapter is merged into its weights, which cannot be trained in this state: call UnmergeAdapter, or AbsorbAdapter to make it part of them, first.", nameof(options));
        }

        if (options.Lora is { } lora)
        {
            LoraAdapter adapter = AdapterOf(backbone, lora, options.Seed ?? 0);
            return options.Distillation is null || backbone.HeadWeight is not null
                ? adapter.Parameters
                : throw new ArgumentException("FineTuneOptions.Lora adapts the language-model head, and FineTuneOptions.Distillation needs it plain: leave the head out of LoraOptions.TargetModules.", nameof(options));
        }

        if (options.HeadOnly)
        {
            return head.Count > 0 ? [] : [OwnHead(backbone) ?? throw TiedHead(backbone, nameof(options))];
        }

        return backbone.Adapter is null
            ? backbone.named_parameters()
            : throw new ArgumentException("The model carries a low-rank adapter, and all weights are to be trained. Set FineTuneOptions.Lora to train the adapter, or call AbsorbAdapter or RemoveAdapter first.", nameof(options));
    }

    private static LoraAdapter AdapterOf(LanguageBackbone backbone, LoraOptions options, int seed)
    {
        if (backbone.Adapter is { } present)
        {
            bool agrees = present.Options.AgreesWith(options) && (options.TargetModules is null || LoraTargets.Names(backbone, options).ToHashSet().SetEquals(present.Options.TargetModules!));
            return agrees ? present : throw new ArgumentException($"The model carries an adapter of rank {present.Options.Rank}, scale {present.Options.Scale}, dropout {present.Options.Dropout} on {string.Join(", ", present.Options.TargetModules!)}{Rest(present.Options)}, which FineTuneOptions.Lora does not describe. To train it further use PretrainedLanguageModel.Adapter as Lora; for another one call RemoveAdapter or AbsorbAdapter first.", nameof(options));
        }

        using Generator generator = SeedStream.TorchGenerator(seed, SeedStream.Adapter, CPU);
        LoraAdapter.Create(backbone, options, generator).Attach();
        return backbone.Adapter!;
    }

    /// <summary>What else tells an adapter from another, for messages.</summary>
    private static string Rest(LoraOptions options)
    {
        string dora = options.UseDora ? ", with DoRA" : "";
        string patterns = options.RankPattern is null && options.AlphaPattern is null ? "" : ", with ranks or scales by pattern";
        string biases = options.Bias == LoraBias.None ? "" : $", with biases ({options.Bias})";
        string modules = options.ModulesToSave is null ? "" : $", with {string.Join(", ", options.ModulesToSave)} trained whole";
        return dora + patterns + biases + modules;
    }

    private static (string Name, Parameter Parameter)? OwnHead(LanguageBackbone backbone) => backbone.OwnHead is { } head
        ? backbone.named_parameters().First(pair => ReferenceEquals(pair.parameter, head))
        : null;

    private static ArgumentException TiedHead(LanguageBackbone backbone, string parameter) =>
        new($"FineTuneOptions.HeadOnly is true, but the language-model head of this {backbone.Info.ModelType} is its token embedding, so it cannot be trained alone. Use FineTuneOptions.Lora, or train all weights.", parameter);
}
