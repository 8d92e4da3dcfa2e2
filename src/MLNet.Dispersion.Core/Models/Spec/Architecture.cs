namespace MLNet.Dispersion.Models;

/// <summary>What a family reads from a config.json: how the network is made, and what its tensors are called.</summary>
/// <param name="Spec">How the network is made.</param>
/// <param name="Names">What its tensors are called.</param>
public sealed record Architecture(TransformerSpec Spec, WeightNames Names)
{
    /// <summary>Gets the heads of tasks that files of the family may hold beside the network, those that are tried first in front; empty (default) for none.</summary>
    public IReadOnlyList<HeadSpec> Heads { get; init; } = [];
}
