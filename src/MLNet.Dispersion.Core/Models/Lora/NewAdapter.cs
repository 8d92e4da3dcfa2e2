using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Makes adapters that have no effect before they are trained.</summary>
internal static class NewAdapter
{
    private const string Bias = ".bias";

    /// <inheritdoc cref="LoraAdapter.Create"/>
    internal static LoraAdapter Make(LanguageBackbone backbone, LoraOptions options, Generator generator)
    {
        options.Validate();
        options = options.Clone();
        options.TargetModules = LoraTargets.Names(backbone, options);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var rule = new TargetRule { Names = options.TargetModules, Saved = options.ModulesToSave ?? [] };
        string[] targets = [.. LoraTargets.Modules(backbone).Where(rule.Includes)];
        if (targets.Length == 0)
        {
            throw new ArgumentException("LoraOptions.ModulesToSave names all that LoraOptions.TargetModules does, and a module that is trained whole is not adapted. Leave some out of one of them.", nameof(options));
        }

        string[] saved = [.. (options.ModulesToSave ?? []).SelectMany(name => Saved(backbone, name))];
        ProjectionLayer? head = HeadFor(backbone, [.. targets, .. saved]);
        AdaptedModule[] modules = [.. Layers(backbone, head).Where(pair => targets.Contains(pair.Name)).Select(pair => Module(backbone, options, pair.Name, pair.Layer, generator))];
        AdaptedTable[] tables = [.. LoraTargets.Tables(backbone).Where(pair => targets.Contains(pair.Name)).Select(pair => Table(options, pair.Name, pair.Table, generator))];
        var replaced = new List<ReplacedWeight>();
        foreach (var (name, parameter) in Parameters(backbone, head))
        {
            bool isSaved = saved.Any(module => name.StartsWith(module + ".", StringComparison.Ordinal));
            bool isBias = options.Bias == LoraBias.All && name.EndsWith(Bias, StringComparison.Ordinal);
            bool isOfAdapted = options.Bias == LoraBias.LoraOnly && modules.Any(module => ReferenceEquals(module.Layer.Bias, parameter));
            if (isSaved || isBias || isOfAdapted)
            {
                replaced.Add(new ReplacedWeight(name, parameter, IsTrained: true));
            }
        }

        return new LoraAdapter(backbone, options, modules, new AdapterExtras { Tables = tables, Replaced = replaced, Head = head });
    }

    /// <summary>Every linear layer, with the head that takes the place of the tied one.</summary>
    internal static IEnumerable<(string Name, IAdaptable Layer)> Layers(LanguageBackbone backbone, ProjectionLayer? head) =>
        head is null ? LoraTargets.All(backbone) : LoraTargets.All(backbone).Append((backbone.TiedHeadName!, head));

    /// <summary>Every parameter, with that of the head that takes the place of the tied one.</summary>
    internal static IEnumerable<(string Name, Parameter Parameter)> Parameters(LanguageBackbone backbone, ProjectionLayer? head)
    {
        IEnumerable<(string, Parameter)> own = backbone.named_parameters();
        return head is null ? own : own.Append((backbone.TiedHeadName + ".weight", head.Weight));
    }

    /// <summary>A head of its own, as the base has it, where an adapter parts head and embedding that the base ties; else null.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="modules">What the adapter adapts or trains whole.</param>
    internal static ProjectionLayer? HeadFor(LanguageBackbone backbone, IReadOnlyCollection<string> modules)
    {
        if (backbone.TiedHeadName is not { } name || !modules.Any(module => module == name || module == TokenTable(backbone)))
        {
            return null;
        }

        using var noGradient = no_grad();
        Tensor table = backbone.TokenEmbeddingWeight!;
        var head = new ProjectionLayer(backbone.Context, table.shape[1], table.shape[0], hasBias: false);
        if (table.device_type != DeviceType.CPU)
        {
            head.to(table.device);
        }

        head.Weight.DetachFromDisposeScope();
        head.Weight.copy_(table);
        return head;
    }

    /// <summary>The name of the table of token embeddings; null where it is unknown.</summary>
    internal static string? TokenTable(LanguageBackbone backbone) =>
        LoraTargets.Tables(backbone).FirstOrDefault(pair => ReferenceEquals(pair.Table.Weight, backbone.TokenEmbeddingWeight)).Name;

    private static string[] Saved(LanguageBackbone backbone, string name)
    {
        string[] modules = [.. backbone.named_modules().Select(pair => pair.name).Concat(backbone.TiedHeadName is { } head ? [head] : (string[])[]).Where(module => module.EndsWith(name, StringComparison.Ordinal))];
        return modules.Length > 0
            ? modules
            : throw new ArgumentException($"LoraOptions.ModulesToSave names '{name}', which {backbone.Info.ModelType} does not have. The head of a classifier or regressor is trained and kept by itself.", nameof(name));
    }

    private static AdaptedModule Module(LanguageBackbone backbone, LoraOptions options, string name, IAdaptable layer, Generator generator)
    {
        // Kaiming's uniform distribution with a = sqrt(5): between plus and minus sqrt(6 / ((1 + 5) in)).
        double bound = 1 / Math.Sqrt(layer.Inputs);
        int rank = options.RankOf(name);
        Device device = layer.Weight.device;
        Tensor down = empty(rank, layer.Inputs).uniform_(-bound, bound, generator).to(device);
        Tensor up = zeros(layer.Outputs, rank).to(device);
        return new AdaptedModule(name, layer, options.UseDora
            ? new LowRankUpdate(backbone.Context, down, up, options.ScaleOf(name), options.Dropout, magnitude: null, layer)
            : new LowRankUpdate(backbone.Context, down, up, options.ScaleOf(name), options.Dropout));
    }

    private static AdaptedTable Table(LoraOptions options, string name, EmbeddingTable table, Generator generator)
    {
        if (options.UseDora)
        {
            throw new ArgumentException($"LoraOptions.UseDora is true, and tables of embeddings cannot be adapted so. Leave '{name}' out of LoraOptions.TargetModules, or name it in LoraOptions.ModulesToSave.", nameof(options));
        }

        int rank = options.RankOf(name);
        Device device = table.Weight.device;
        Tensor down = zeros(rank, table.Weight.shape[0]).to(device);
        Tensor up = empty(table.Weight.shape[1], rank).normal_(0, 1, generator).to(device);
        return new AdaptedTable(name, table, new LowRankTableUpdate(down, up, options.ScaleOf(name)));
    }
}
