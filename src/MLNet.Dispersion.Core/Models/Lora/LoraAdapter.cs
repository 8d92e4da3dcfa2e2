using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The low-rank updates of one backbone: beside its weights, or merged into them.</summary>
/// <remarks>Adding and subtracting an update rounds twice and would not give the weights back, so merging keeps them. Not thread-safe; disposing frees the matrices.</remarks>
internal sealed class LoraAdapter : IDisposable
{
    private readonly LanguageBackbone _backbone;

    /// <summary>Takes the modules' updates, which it then owns. They have no effect before <see cref="Attach"/>.</summary>
    internal LoraAdapter(LanguageBackbone backbone, LoraOptions options, IReadOnlyList<AdaptedModule> modules)
    {
        _backbone = backbone;
        Options = options;
        Modules = modules;
    }

    /// <summary>Its options, target modules named; not to be edited.</summary>
    internal LoraOptions Options { get; }

    /// <summary>What it adapts, in the backbone's order.</summary>
    internal IReadOnlyList<AdaptedModule> Modules { get; }

    /// <summary>Whether the updates are in the weights.</summary>
    internal bool Merged { get; private set; }

    /// <summary>Every matrix by its name within the backbone, as PEFT ends it.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> Parameters => Modules.SelectMany<AdaptedModule, (string, Parameter)>(module =>
        [(module.Name + ".lora_A.weight", module.Update.Down), (module.Name + ".lora_B.weight", module.Update.Up)]);

    /// <summary>Makes an adapter without effect: A random, B zero.</summary>
    /// <param name="backbone">The backbone; stays as it is.</param>
    /// <param name="options">Checked here; copied.</param>
    /// <param name="generator">Draws A; on the CPU.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or names a module that is not there.</exception>
    internal static LoraAdapter Create(LanguageBackbone backbone, LoraOptions options, Generator generator)
    {
        options.Validate();
        options = options.Clone();
        options.TargetModules = LoraTargets.Names(backbone, options);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var modules = new List<AdaptedModule>();
        foreach (var (name, layer) in LoraTargets.Select(backbone, options.TargetModules))
        {
            // Kaiming's uniform distribution with a = sqrt(5): between plus and minus sqrt(6 / ((1 + 5) in)).
            double bound = 1 / Math.Sqrt(layer.Inputs);
            Tensor down = empty(options.Rank, layer.Inputs).uniform_(-bound, bound, generator).to(layer.Weight.device);
            modules.Add(new AdaptedModule(name, layer, new LowRankUpdate(backbone.Context, down, zeros(layer.Outputs, options.Rank).to(layer.Weight.device), options.Scale, options.Dropout)));
        }

        return new LoraAdapter(backbone, options, modules);
    }

    /// <summary>Lets the updates take part in forward passes.</summary>
    internal void Attach()
    {
        _backbone.Attachment = this;
        SetUpdates(active: true);
    }

    /// <summary>Puts the updates into the weights. Does nothing where they are.</summary>
    internal void Merge()
    {
        if (Merged)
        {
            return;
        }

        using var noGradient = no_grad();
        try
        {
            foreach (AdaptedModule module in Modules)
            {
                using Tensor merged = module.Update.Merge(module.Layer.Weight, module.Layer.InputsFirst);
                module.Original = module.Layer.Weight.detach().clone().DetachFromDisposeScope();
                module.Layer.Weight.copy_(merged);
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

    /// <summary>Takes the adapter from the backbone and frees it; the weights stay as they are: with the updates in them where they are merged.</summary>
    internal void Detach()
    {
        SetUpdates(active: false);
        _backbone.Attachment = null;
        Dispose();
    }

    /// <summary>A weight of the base, whether or not updates are merged into it.</summary>
    internal Tensor BaseWeight(Parameter weight) => Modules.FirstOrDefault(module => ReferenceEquals(module.Layer.Weight, weight))?.Original ?? weight;

    /// <summary>A weight with the updates in it: the weight itself, or a new tensor of the current dispose scope.</summary>
    internal Tensor MergedWeight(Parameter weight) => !Merged && Modules.FirstOrDefault(module => ReferenceEquals(module.Layer.Weight, weight)) is { } module
        ? module.Update.Merge(weight, module.Layer.InputsFirst)
        : weight;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AdaptedModule module in Modules)
        {
            module.Original?.Dispose();
            module.Original = null;
            module.Update.Dispose();
        }
    }

    private void SetUpdates(bool active)
    {
        _backbone.Context.Copies.Drop();
        foreach (AdaptedModule module in Modules)
        {
            module.Layer.Update = active ? module.Update : null;
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
    }
}

/// <summary>One layer with its update.</summary>
/// <param name="Name">The layer's name in the checkpoint, such as <c>transformer.h.0.attn.c_attn</c>.</param>
/// <param name="Layer">The layer; not owned.</param>
/// <param name="Update">The update; owned by the adapter.</param>
internal sealed record AdaptedModule(string Name, IAdaptable Layer, LowRankUpdate Update)
{
    /// <summary>The weight as it was before merging, bit for bit; null while it is not merged.</summary>
    internal Tensor? Original { get; set; }
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
