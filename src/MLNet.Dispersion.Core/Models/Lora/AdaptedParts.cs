using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One layer with its update.</summary>
/// <param name="Name">The layer's name in the checkpoint, such as <c>transformer.h.0.attn.c_attn</c>.</param>
/// <param name="Layer">The layer; not owned.</param>
/// <param name="Update">The update; owned by the adapter.</param>
internal sealed record AdaptedModule(string Name, IAdaptable Layer, LowRankUpdate Update)
{
    /// <summary>The weight as it was before merging, bit for bit; null while it is not merged.</summary>
    internal Tensor? Original { get; set; }
}

/// <summary>One table of embeddings with what changes it.</summary>
/// <param name="Name">The table's name in the checkpoint, such as <c>model.embed_tokens</c>.</param>
/// <param name="Table">The table; not owned.</param>
/// <param name="Update">The change; owned by the adapter.</param>
internal sealed record AdaptedTable(string Name, EmbeddingTable Table, TableUpdate Update)
{
    /// <summary>The table as it was before merging, bit for bit; null while it is not merged.</summary>
    internal Tensor? Original { get; set; }
}

/// <summary>A weight of the network that has another value while the adapter is there: a bias, or one of a module that is kept whole.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Weight">The parameter; the backbone's.</param>
/// <param name="IsTrained">Whether training the adapter trains it.</param>
internal sealed record ReplacedWeight(string Name, Parameter Weight, bool IsTrained)
{
    /// <summary>The value that the adapter brings along, until it is attached; null for the base's own.</summary>
    internal Tensor? Value { get; set; }

    /// <summary>The base's value, bit for bit; null while the adapter is not attached.</summary>
    internal Tensor? Original { get; set; }
}

/// <summary>How the modules of a backbone are called in an adapter's files.</summary>
/// <param name="Added">What stands there before our names.</param>
/// <param name="Removed">What is left out there of our names.</param>
internal sealed record PeftNames(string Added = "", string Removed = "")
{
    /// <summary>Of a module as the file and as the backbone call it.</summary>
    internal static PeftNames Of(string file, string own) =>
        own.EndsWith("." + file, StringComparison.Ordinal) ? new PeftNames(Removed: own[..^file.Length])
        : file.EndsWith("." + own, StringComparison.Ordinal) ? new PeftNames(Added: file[..^own.Length])
        : new PeftNames();

    /// <summary>What the file calls a module, or a parameter.</summary>
    internal string InFile(string own) => Removed.Length > 0 && own.StartsWith(Removed, StringComparison.Ordinal) ? own[Removed.Length..] : Added + own;
}

/// <summary>All that an adapter brings beside the updates of linear layers.</summary>
internal sealed record AdapterExtras
{
    /// <summary>Tables of embeddings that are changed.</summary>
    internal IReadOnlyList<AdaptedTable> Tables { get; init; } = [];

    /// <summary>Weights that are replaced.</summary>
    internal IReadOnlyList<ReplacedWeight> Replaced { get; init; } = [];

    /// <summary>A head in the place of the tied one; null where it stays tied, or is the backbone's own.</summary>
    internal ProjectionLayer? Head { get; init; }

    /// <summary>The head of a task that came with the files; null for none.</summary>
    internal SavedHead? TaskHead { get; init; }

    /// <summary>How its files call the modules.</summary>
    internal PeftNames Names { get; init; } = new();

    /// <summary>The adapter_config.json that it was read from; null where it was not.</summary>
    internal JsonObject? Config { get; init; }
}

/// <summary>The head of a task that stands on an adapter's network, and is written with the adapter.</summary>
/// <param name="Spec">How it is made.</param>
/// <param name="Parameters">Its weights, by their names in files.</param>
internal sealed record HeadBeside(HeadSpec Spec, IReadOnlyList<(string Name, Parameter Parameter)> Parameters);
