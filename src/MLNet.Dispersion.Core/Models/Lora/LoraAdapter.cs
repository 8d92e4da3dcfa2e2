using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The low-rank updates of one backbone, and what is trained whole with them: beside its weights, or merged into them.</summary>
/// <remarks>
/// Adding and subtracting an update rounds twice and would not give the weights back, so merging keeps them. Biases and modules that are trained whole lie in the backbone's own parameters while the adapter is
/// attached, merged or not; the base's values are kept beside. Not thread-safe; disposing frees the matrices.
/// </remarks>
internal sealed class LoraAdapter : IDisposable
{
    private readonly LanguageBackbone _backbone;

    /// <summary>Takes the modules' updates and the rest, which it then owns. They have no effect before <see cref="Attach"/>.</summary>
    internal LoraAdapter(LanguageBackbone backbone, LoraOptions options, IReadOnlyList<AdaptedModule> modules, AdapterExtras? extras = null)
    {
        _backbone = backbone;
        Options = options;
        Modules = modules;
        Extras = extras ?? new();
        if (Extras.Head is { } head)
        {
            head.Weight.requires_grad = Extras.Replaced.Any(replaced => ReferenceEquals(replaced.Weight, head.Weight) && replaced.IsTrained);
        }
    }

    /// <summary>Its options, target modules named; not to be edited.</summary>
    internal LoraOptions Options { get; }

    /// <summary>What it adapts of linear layers, in the backbone's order.</summary>
    internal IReadOnlyList<AdaptedModule> Modules { get; }

    /// <summary>What else it brings.</summary>
    internal AdapterExtras Extras { get; }

    /// <summary>Whether the updates are in the weights.</summary>
    internal bool Merged { get; private set; }

    /// <summary>All that training it trains, by names within the backbone, as PEFT ends them.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> Parameters =>
    [
        .. Modules.SelectMany(module => Of(module.Name, module.Update)),
        .. Extras.Tables.SelectMany(table => Of(table.Name, table.Update)),
        .. Extras.Replaced.Where(replaced => replaced.IsTrained).Select(replaced => (replaced.Name, replaced.Weight)),
    ];

    /// <summary>Makes an adapter without effect: A random, B zero (for tables of embeddings A zero, B random), all else as the base has it.</summary>
    /// <param name="backbone">The backbone; stays as it is.</param>
    /// <param name="options">Checked here; copied.</param>
    /// <param name="generator">Draws the matrices; on the CPU.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or names a module that is not there.</exception>
    internal static LoraAdapter Create(LanguageBackbone backbone, LoraOptions options, Generator generator) => NewAdapter.Make(backbone, options, generator);

    /// <summary>Lets the updates take part in forward passes.</summary>
    internal void Attach()
    {
        using var noGradient = no_grad();
        foreach (ReplacedWeight replaced in Extras.Replaced)
        {
            replaced.Original = replaced.Weight.detach().clone().DetachFromDisposeScope();
            if (replaced.Value is { } value)
            {
                replaced.Weight.copy_(value);
                value.Dispose();
                replaced.Value = null;
            }
        }

        _backbone.Attachment = this;
        _backbone.HeadInstead = Extras.Head ?? _backbone.HeadInstead;
        SetUpdates(active: true);
    }

    /// <summary>Puts the updates into the weights. Does nothing where they are.</summary>
    internal void Merge()
    {
        if (Merged)
        {
            return;
        }

        using var inside = ExitGate.Enter();
        using var noGradient = no_grad();
        try
        {
            foreach (AdaptedModule module in Modules)
            {
                using Tensor merged = module.Update.Merge(module.Layer.Weight, module.Layer.InputsFirst);
                module.Original = module.Layer.Weight.detach().clone().DetachFromDisposeScope();
                module.Layer.Weight.copy_(merged);
            }

            foreach (AdaptedTable table in Extras.Tables)
            {
                using Tensor merged = table.Update.Merge(table.Table.Weight);
                table.Original = table.Table.Weight.detach().clone().DetachFromDisposeScope();
                table.Table.Weight.copy_(merged);
            }
        }
        catch
        {
            Restore();
            throw;
        }

        Merged = true;
        SetUpdates(active: false);
    }

    /// <summary>Gives the weights back, bit for bit, and lets the updates take part again. Does nothing where they are not merged.</summary>
    internal void Unmerge()
    {
        if (Merged)
        {
            Restore();
            Merged = false;
            SetUpdates(active: true);
        }
    }

    /// <summary>Takes the adapter from the backbone and frees it: the weights stay as they are where the updates are merged into them, and are the base's where they are not.</summary>
    internal void Detach()
    {
        SetUpdates(active: false);
        _backbone.Attachment = null;
        if (Extras.Head is not null && Merged)
        {
            Extras.Head.Weight.requires_grad = true;
            _backbone.Untie();
        }
        else if (Extras.Head is not null)
        {
            _backbone.HeadInstead = null;
        }

        if (!Merged)
        {
            using var noGradient = no_grad();
            foreach (ReplacedWeight replaced in Extras.Replaced.Where(replaced => replaced.Original is not null))
            {
                replaced.Weight.copy_(replaced.Original!);
            }
        }

        Free(head: !Merged);
    }

    /// <summary>A weight of the base, whatever the adapter did to it.</summary>
    internal Tensor BaseWeight(Parameter weight) =>
        Extras.Replaced.FirstOrDefault(replaced => ReferenceEquals(replaced.Weight, weight))?.Original
        ?? Modules.FirstOrDefault(module => ReferenceEquals(module.Layer.Weight, weight))?.Original
        ?? Extras.Tables.FirstOrDefault(table => ReferenceEquals(table.Table.Weight, weight))?.Original
        ?? weight;

    /// <summary>A weight with the updates in it: the weight itself, or a new tensor of the current dispose scope.</summary>
    internal Tensor MergedWeight(Parameter weight) =>
        Merged ? weight
        : Modules.FirstOrDefault(module => ReferenceEquals(module.Layer.Weight, weight)) is { } module ? module.Update.Merge(weight, module.Layer.InputsFirst)
        : Extras.Tables.FirstOrDefault(table => ReferenceEquals(table.Table.Weight, weight)) is { } table ? table.Update.Merge(weight)
        : weight;

    /// <inheritdoc/>
    public void Dispose() => Free(head: true);

    /// <summary>The parameters of an update, as PEFT calls them.</summary>
    internal static IEnumerable<(string Name, Parameter Parameter)> Of(string module, LowRankUpdate update)
    {
        yield return (module + PeftTensorName.Down, update.Down);
        yield return (module + PeftTensorName.Up, update.Up);
        if (update.Magnitude is { } magnitude)
        {
            yield return (module + PeftTensorName.Magnitude, magnitude);
        }
    }

    /// <summary>The parameters of a table's change, as PEFT calls them.</summary>
    internal static IEnumerable<(string Name, Parameter Parameter)> Of(string module, TableUpdate update) => update switch
    {
        LowRankTableUpdate lowRank => [(module + PeftTensorName.TableDown, lowRank.Down), (module + PeftTensorName.TableUp, lowRank.Up)],
        TokenRows rows => [(module + PeftTensorName.Rows, rows.Rows)],
        _ => throw new NotSupportedException($"No file holds a change of the kind {update.GetType().Name}."),
    };

    private void Free(bool head)
    {
        foreach (AdaptedModule module in Modules)
        {
            module.Original?.Dispose();
            module.Original = null;
            module.Update.Dispose();
        }

        foreach (AdaptedTable table in Extras.Tables)
        {
            table.Original?.Dispose();
            table.Original = null;
            table.Update.Dispose();
        }

        foreach (ReplacedWeight replaced in Extras.Replaced)
        {
            replaced.Original?.Dispose();
            replaced.Original = null;
            replaced.Value?.Dispose();
            replaced.Value = null;
        }

        Extras.TaskHead?.Dispose();
        if (head)
        {
            Extras.Head?.Dispose();
        }
    }

    private void SetUpdates(bool active)
    {
        _backbone.Forget();
        foreach (AdaptedModule module in Modules)
        {
            module.Layer.Update = active ? module.Update : null;
        }

        foreach (AdaptedTable table in Extras.Tables)
        {
            table.Table.Update = active ? table.Update : null;
        }
    }

    private void Restore()
    {
        using var noGradient = no_grad();
        foreach (AdaptedModule module in Modules.Where(module => module.Original is not null))
        {
            module.Layer.Weight.copy_(module.Original!);
            module.Original!.Dispose();
            module.Original = null;
        }

        foreach (AdaptedTable table in Extras.Tables.Where(table => table.Original is not null))
        {
            table.Table.Weight.copy_(table.Original!);
            table.Original!.Dispose();
            table.Original = null;
        }
    }
}

/// <summary>Finds the adapter of a backbone, which itself knows only that something is attached to it.</summary>
internal static class AdapterOfBackbone
{
    extension(LanguageBackbone backbone)
    {
        /// <summary>The low-rank adapter, or null.</summary>
        internal LoraAdapter? Adapter => backbone.Attachment as LoraAdapter;
    }
}
