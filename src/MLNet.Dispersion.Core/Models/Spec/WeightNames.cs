namespace MLNet.Dispersion.Models;

/// <summary>Names the tensors of a family's files: where each piece of a <see cref="TransformerSpec"/> keeps its weights.</summary>
/// <remarks>
/// Immutable and thread-safe. A name is the tensor's without its last part (<c>weight</c>, <c>bias</c>). The network's parameters have these names, in the order of the lists, which adapters, saved files and
/// interrupted runs rest on; saved under a head they have <see cref="Prefix"/> before them. A piece that the spec does not ask for may be named all the same; one that it asks for must be.
/// </remarks>
public sealed record WeightNames
{
    /// <summary>Gets the names of the pieces below the blocks, in the files' order.</summary>
    public required IReadOnlyList<(WeightPart Part, string Name)> Stem { get; init; }

    /// <summary>Gets the name under which the blocks are numbered from 0, such as <c>transformer.h</c>.</summary>
    public required string Blocks { get; init; }

    /// <summary>Gets the blocks' names behind <see cref="Blocks"/> where they are no numbers in a row, such as <c>0.albert_layers.1</c>; null for numbers.</summary>
    public IReadOnlyList<string>? BlockNumbers { get; init; }

    /// <summary>Gets the names of a block's pieces, behind <see cref="Blocks"/> and its number.</summary>
    public required IReadOnlyList<(WeightPart Part, string Name)> Block { get; init; }

    /// <summary>Gets the names of the pieces above the blocks.</summary>
    public required IReadOnlyList<(WeightPart Part, string Name)> Tail { get; init; }

    /// <summary>Gets what some files put before every name and others leave out, with its point, such as <c>transformer.</c>; empty for nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Gets the endings of names that some files give to a weight, with those that it has here, such as <c>gamma</c> for <c>weight</c>.</summary>
    public IReadOnlyList<(string Ending, string Instead)> Aliases { get; init; } = [];

    /// <summary>Gets the endings of tensors that are no parameters, such as causal masks.</summary>
    public IReadOnlyList<string> IgnoredEndings { get; init; } = [];

    /// <summary>Gets the beginnings of tensors that are no parameters of the network, such as another task's head.</summary>
    public IReadOnlyList<string> IgnoredBeginnings { get; init; } = [];

    /// <summary>Gets the Hugging Face class that reads the saved weights, such as <c>GPT2LMHeadModel</c>; null keeps what config.json says.</summary>
    public string? ArchitectureName { get; init; }

    /// <summary>Gets the layers that LoRA adapts unless told otherwise, by the ends of their names: PEFT's choice for the architecture. Empty for no default.</summary>
    public IReadOnlyList<string> LoraTargets { get; init; } = [];

    /// <summary>Gets a value indicating whether linear layers of the blocks store their weights <c>[in, out]</c>, as GPT-2's do.</summary>
    public bool InputsFirst { get; init; }
}
